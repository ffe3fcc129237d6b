#include <flow/async/async_operator.hpp>

namespace flow::detail {
namespace {

std::string text_of(duration d) {
  if (d % std::chrono::seconds(1) == duration{0}) return std::to_string(d / std::chrono::seconds(1)) + " s";
  if (d % std::chrono::milliseconds(1) == duration{0}) return std::to_string(d / std::chrono::milliseconds(1)) + " ms";
  return std::to_string(d.count()) + " us";
}

}  // namespace

std::string request_failure_text(error const& last, std::uint32_t attempts, std::string const& record) {
  std::string const count = attempts == 1 ? "" : " after " + std::to_string(attempts) + " attempts";
  return "a request failed" + count + ": " + last.message() + "; the record was " + record +
         "; flow::retry asks again, flow::divert_failures lets such records go to failed()";
}

error timed_out_error(duration timeout) {
  return {error_code::request_failed, "there was no answer within " + text_of(timeout)};
}

}  // namespace flow::detail
