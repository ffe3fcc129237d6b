#pragma once
// A source whose splits are lists, of which each ends where its list does.

#include <memory>
#include <string>
#include <vector>

#include <flow/memory/split_rotation.hpp>

namespace flow::testing {

/// The first look finds nothing yet, the second all.
class listed_splits final : public split_enumerator {
 public:
  listed_splits(std::size_t count, bool on_request) : count_(count), on_request_(on_request) {}
  std::vector<split> discover() override {
    std::vector<split> all;
    if (!std::exchange(looked_, true) || std::exchange(found_, true)) return all;
    for (std::size_t i = 0; i < count_; ++i) all.push_back({std::to_string(i), {}, {}, {}});
    return all;
  }
  std::optional<std::chrono::nanoseconds> look_again() const override {
    if (found_) return {};
    return std::chrono::nanoseconds{0};
  }
  bool on_request() const override { return on_request_; }
  std::string position() const override { return found_ ? "found" : ""; }
  void restore(std::string const& position) override { found_ = position == "found"; }

 private:
  std::size_t const count_;
  bool const on_request_;
  bool looked_ = false, found_ = false;
};

template <class T>
class split_records_reader final : public reader<T> {
 public:
  explicit split_records_reader(std::shared_ptr<std::vector<std::vector<T>> const> all) : all_(std::move(all)) {}
  void assign(std::uint32_t number, split const& s) override {
    auto const& records = all_->at(memory::parse_index(s.id, "the number of a split"));
    splits_.add(number, {&records, s.position.empty() ? 0 : memory::parse_index(s.position, "the number of a record")});
  }
  poll_result poll(batch<T>& into) override {
    poll_result result;
    splits_.read_one([&](std::uint32_t number, cursor& at) {
      for (std::size_t n = 0; n < most && into.room() > 0 && at.next < at.of->size(); ++n) into.emplace_back((*at.of)[at.next++]);
      result = {at.next == at.of->size() ? poll_status::split_end : poll_status::records, number};
      return true;
    });
    if (result.status == poll_status::split_end) splits_.end(result.split);
    return result;
  }
  std::string position(std::uint32_t number) const override { return std::to_string(splits_.at(number).next); }
  void seek(std::uint32_t number, std::string const& position) override {
    splits_.at(number).next = memory::parse_index(position, "the number of a record");
    splits_.end(number, false);
  }
  void pause(std::uint32_t number, bool paused) override { splits_.pause(number, paused); }

 private:
  static constexpr std::size_t most = 16;  // in one poll
  struct cursor {
    std::vector<T> const* of;
    std::size_t next;
  };
  std::shared_ptr<std::vector<std::vector<T>> const> all_;
  memory::split_rotation<cursor> splits_;
};

template <class T>
source<T> split_records(std::vector<std::vector<T>> records, bool on_request) {
  auto const all = std::make_shared<std::vector<std::vector<T>> const>(std::move(records));
  return {[n = all->size(), on_request] { return std::make_unique<listed_splits>(n, on_request); },
          [all] { return std::make_unique<split_records_reader<T>>(all); }};
}

}  // namespace flow::testing
