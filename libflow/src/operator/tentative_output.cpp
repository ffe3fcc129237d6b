#include <flow/operator/tentative_output.hpp>

#include <string>

#include <flow/error.hpp>

namespace flow::detail {

void tentative_output::set_aside(batch_ref& current, std::size_t most_bytes) {
  has_filled_ = true;
  bytes_ += current->footprint();
  full_.push_back(std::exchange(current, std::move(spare_)));
  if (!current) current = full_.back()->type().create(full_.back()->capacity());
  if (bytes_ > most_bytes)
    throw error(error_code::limit_exceeded, "one call emitted more than " + std::to_string(most_bytes) +
                                                " bytes, which wait until it has succeeded; emit less per record or raise the setting max-call-output");
}

void tentative_output::take_back(batch_ref& current) {
  if (!full_.empty()) current = std::move(full_.front());
  forget();
  if (current->size() == before_) return;
  auto kept = current->type().create(current->capacity());
  current->type().append(*kept, *current, 0, before_, true);
  current = std::move(kept);
}

}  // namespace flow::detail
