#pragma once
// Files as sources and sinks: JSON, CSV and text in; CSV, JSON lines and a table on the console out.

#include <flow/file/console_table.hpp>
#include <flow/file/csv_sink.hpp>
#include <flow/file/csv_source.hpp>
#include <flow/file/json_lines_sink.hpp>
#include <flow/file/json_source.hpp>
#include <flow/file/text_source.hpp>
