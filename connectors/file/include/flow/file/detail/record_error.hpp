#pragma once
// What is thrown at input that is no record.

#include <flow/error.hpp>
#include <flow/source.hpp>

namespace flow::file::detail {

/// An error of one record, with what a source that diverts says of it. What `Records::read` throws otherwise, of a header
/// or the operating system, concerns the whole file.
class record_error : public error {
 public:
  record_error(error_code code, bad_record bad)
      : error(code, bad.file + ":" + std::to_string(bad.line) + ":" + std::to_string(bad.column) + ": " + bad.reason), bad_(std::move(bad)) {}
  bad_record const& bad() const { return bad_; }

 private:
  bad_record bad_;
};

}  // namespace flow::file::detail
