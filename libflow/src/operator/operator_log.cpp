#include <flow/operator/operator_log.hpp>

#include <algorithm>

#include <flow/error.hpp>
#include <flow/snapshot/snapshot_store.hpp>

namespace flow {
namespace {

constexpr std::size_t chunk_bytes = 64 << 10;

std::span<std::byte const> view_of(std::string const& data) { return std::as_bytes(std::span(data)); }

void check_whole(logged_part const& part, std::uint64_t found) {
  if (found == part.elements) return;
  throw error(error_code::not_found, "expected " + std::to_string(part.elements) + " logged elements in part " + std::to_string(part.number) + " of subtask " +
                                         std::to_string(part.subtask) + ", attempt " + std::to_string(part.attempt) + ", found " + std::to_string(found));
}

}  // namespace

operator_log::operator_log(std::string name, state_memory) : state_object(std::move(name), state_kind::list, {}, schema_of<logged_element>()) {}

void operator_log::start(std::uint32_t subtask, std::uint64_t attempt, std::uint64_t most_bytes) {
  subtask_ = subtask;
  attempt_ = attempt;
  most_bytes_ = most_bytes;
}

void operator_log::append(std::span<std::byte const> element) {
  auto const& added = elements_.emplace_back(logged_element{subtask_, attempt_, part_, std::string(reinterpret_cast<char const*>(element.data()), element.size())});
  held_bytes_ += bytes_of(added);
  waiting_bytes_ += bytes_of(added);
  ++in_part_;
}

logged_part operator_log::close() { return {subtask_, attempt_, part_++, std::exchange(in_part_, 0)}; }

void operator_log::read(logged_part const& part, std::function<void(std::span<std::byte const>)> const& use) const {
  auto const first = std::lower_bound(elements_.begin(), elements_.end(), part.number, [](auto const& e, std::uint64_t number) { return e.part < number; });
  auto const last = std::find_if(first, elements_.end(), [&](auto const& e) { return !e.is_of(part); });
  check_whole(part, static_cast<std::uint64_t>(last - first));
  for (auto e = first; e != last; ++e) use(view_of(e->data));
}

// ---- what waits

void operator_log::prepared(std::size_t committables) {
  barrier_comes_ = false;
  if (committables > 0) pending_.push_back({committables, part_});
}

void operator_log::committed(std::size_t committables) {
  std::uint64_t parts_below = 0;
  while (committables > 0 && !pending_.empty()) {
    auto& oldest = pending_.front();
    auto const now = std::min(committables, oldest.committables);
    committables -= now;
    oldest.committables -= now;
    if (oldest.committables > 0) break;
    parts_below = oldest.parts_below;
    pending_.pop_front();
  }
  for (; committed_elements_ < elements_.size() && elements_[committed_elements_].part < parts_below; ++committed_elements_)
    waiting_bytes_ -= bytes_of(elements_[committed_elements_]);
}

void operator_log::drop_committed() {
  for (; committed_elements_ > 0; --committed_elements_) {
    held_bytes_ -= bytes_of(elements_.front());
    elements_.pop_front();
  }
}

// ---- snapshots

void operator_log::begin_snapshot(snapshot_cut const& cut, piece_output& out) {
  out_ = &out;
  place_ = cut.subtask;
  next_ = 0;
  end_ = elements_.size();
}

bool operator_log::write_snapshot(std::size_t& slots) {
  if (!out_) return true;
  do {
    bytes chunk;
    encoder archive(chunk);
    auto const first = next_;
    for (; next_ < end_ && slots > 0 && chunk.size() < chunk_bytes; ++next_, --slots) archive(elements_[next_]);
    bool const last = next_ == end_;
    if (last || next_ > first) out_->put(*this, place_, piece_form::base, std::move(chunk), next_ - first, last);
    if (last) out_ = nullptr;
  } while (out_ && slots > 0 && out_->ready());
  return !out_;
}

void stored_log::read(logged_part const& part, std::function<void(std::span<std::byte const>)> const& use) const {
  std::uint64_t found = 0;
  for (auto const& state : of_.states) {
    if (state.name != operator_log::state_name) continue;
    for (auto const& p : state.parts) {
      if (p.part != part.subtask) continue;
      for (auto const& piece : p.pieces)
        store_.read({of_.name, state.name, p.part, state.kind}, piece)->read([&](piece_reader::chunk const& c) {
          decoder archive(c.data.data(), c.data.size());
          logged_element e;
          for (std::uint64_t i = 0; i < c.entries; ++i) {
            archive(e);
            if (!e.is_of(part)) continue;
            ++found;
            use(view_of(e.data));
          }
        });
    }
  }
  check_whole(part, found);
}

}  // namespace flow
