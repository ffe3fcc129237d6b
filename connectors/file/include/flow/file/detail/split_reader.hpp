#pragma once
// The reader that all file sources share: its splits one after the other, in their order.
//
// `Records` reads one format from one file or part of it:
//   Records(input_settings)     opens nothing yet
//   bool read(T&)               the next record; false at the end
//   bool recover()              after `read` threw a record_error: whether it can go on with the next record
//   std::uint64_t offset()      bytes of the content consumed, cheap
//   std::uint64_t stored_offset()   bytes of the file consumed, which differ in a compressed one
//   location where()            a place from which `seek` makes `read` continue with the next record
//   void seek(location)

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <flow/file/detail/file_enumerator.hpp>
#include <flow/file/detail/input_settings.hpp>
#include <flow/file/detail/record_error.hpp>
#include <flow/source.hpp>

namespace flow::file::detail {

template <class T, class Records>
class split_reader final : public reader<T> {
 public:
  explicit split_reader(input_settings settings) : settings_(std::move(settings)) {}

  void open(connector_context const& context) override { divert_ = context.divert; }

  void assign(std::uint32_t number, split const& assigned) override {
    auto& added = splits_[number];
    added.part = from_split_id(assigned.id);
    added.uncounted = added.part.end - added.part.begin;
    added.position = from_position(assigned.position);
  }

  poll_result poll(batch<T>& into) override {
    for (auto& [number, s] : splits_)
      if (!s.paused && !s.ended) return {fill(s, into), number, std::nullopt};
    return {poll_status::nothing, 0, std::chrono::milliseconds{100}};
  }

  std::string position(std::uint32_t number) const override {
    auto const& s = splits_.at(number);
    return to_text(s.records ? split_position{s.records->where(), s.position.fingerprint} : s.position);
  }

  void seek(std::uint32_t number, std::string const& position) override {
    auto& s = splits_.at(number);
    s.position = from_position(position);
    s.ended = false;
    s.records.reset();
  }

  bool reading(std::uint32_t number) const override { return splits_.at(number).records != nullptr; }
  void pause(std::uint32_t number, bool paused) override { splits_.at(number).paused = paused; }
  std::uint64_t bytes_read() const override { return bytes_read_; }
  void release(std::uint32_t number) override { splits_.erase(number); }

 private:
  /// Keeps a poll of long records well below 100 ms.
  static constexpr std::uint64_t bytes_per_poll = std::uint64_t{1} << 20;

  struct file_split {
    file_part part{};
    split_position position{};           // while `records` is null
    std::unique_ptr<Records> records{};  // from the first poll until the end
    std::uint64_t uncounted = 0;  // bytes of a part that has an end
    bool paused = false;
    bool ended = false;
  };

  poll_status fill(file_split& s, batch<T>& into) {
    bool const first = !s.records && s.part.begin == 0 && s.position.at.offset == 0;
    if (!s.records) start(s);
    std::uint64_t const stop = s.records->offset() + bytes_per_poll;
    std::uint64_t const before = first ? 0 : s.records->stored_offset();  // some may have been read ahead
    std::uint32_t bad = 0;
    while (into.room() > 0 && bad < into.capacity() && s.records->offset() < stop) {
      try {
        if (read_one(*s.records, into)) continue;
      } catch (record_error const& problem) {
        if (!divert_ || !s.records->recover()) throw;
        divert_(problem.bad());
        ++bad;
        continue;
      }
      s.position.at = s.records->where();
      count_bytes(s, before);
      s.records.reset();
      s.ended = true;
      return poll_status::split_end;
    }
    count_bytes(s, before);
    return poll_status::records;
  }
  /// A part also reads the rest of its first and of its last line, which are not its own.
  void count_bytes(file_split& s, std::uint64_t before) {
    std::uint64_t const more = std::min(s.records->stored_offset() - before, s.uncounted);
    if (s.part.end != file_part::to_the_end) s.uncounted -= more;
    bytes_read_ += more;
  }

  void start(file_split& s) {
    input_settings mine = settings_;
    mine.part = s.part;
    if (s.position.fingerprint.empty()) s.position.fingerprint = fingerprint_of(s.part.path);
    else check_fingerprint(s.part.path, s.position.fingerprint);
    auto records = std::make_unique<Records>(std::move(mine));
    records->seek(s.position.at);
    s.records = std::move(records);
  }

  static bool read_one(Records& records, batch<T>& into) {
    struct unfinished {
      batch<T>* into;
      ~unfinished() {
        if (into) into->pop_back();
      }
    } guard{&into};
    if (!records.read(into.emplace_back())) return false;
    guard.into = nullptr;
    return true;
  }

  input_settings settings_;
  std::function<void(bad_record)> divert_{};
  std::map<std::uint32_t, file_split> splits_;
  std::uint64_t bytes_read_ = 0;
};

template <class T, class Records>
source<T> make_source(input_settings const& settings, listing_settings const& listing, bad_record_policy policy) {
  source<T> made;
  made.make_enumerator = [listing] { return std::make_unique<file_enumerator>(listing); };
  made.make_reader = [settings] { return std::make_unique<split_reader<T, Records>>(settings); };
  made.blocking = true;
  made.on_bad_record = policy;
  return made;
}

}  // namespace flow::file::detail
