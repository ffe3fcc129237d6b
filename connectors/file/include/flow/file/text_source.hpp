#pragma once
// Text files as a source: one std::string per line, without its end (LF or CR LF).
//
// The text is UTF-8; another byte, or a NUL byte, is a flow::error (bad_record) with its place. A last line without an end
// counts. Positions are exact; a line longer than `.max_record_bytes(n)` is an error. Large files are divided.

#include <memory>
#include <string>

#include <flow/file/detail/split_reader.hpp>

namespace flow::file {

namespace detail {

class text_lines {
 public:
  explicit text_lines(input_settings settings);
  ~text_lines();
  bool read(std::string& line);
  bool recover();
  void seek(location const& at);
  std::uint64_t offset() const;
  std::uint64_t stored_offset() const;
  location where() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace detail

class text_source : public detail::source_options<text_source> {
 public:
  using record_type = std::string;
  explicit text_source(file::paths from) : source_options(std::move(from), detail::division::lines) {}
  source<std::string> make() const { return detail::make_source<std::string, detail::text_lines>(settings_, listing_, policy_); }
};

/// The lines of text files.
inline text_source text(paths from) { return text_source(std::move(from)); }

}  // namespace flow::file
