#pragma once
// The reader and the enumerator that all file sources share: one file is one split, named by its path.
//
// `Records` reads one format from one file:
//   Records(input_settings)     opens nothing yet
//   bool read(T&)               the next record; false at the end of the file
//   std::uint64_t offset()      bytes consumed, cheap
//   location where()            a place from which `seek` makes `read` continue with the next record
//   void seek(location)

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <flow/file/detail/input_settings.hpp>
#include <flow/source.hpp>

namespace flow::file::detail {

/// The size of the file in bytes. Throws `flow::error` unless `path` names one that can be read; says what it is otherwise.
std::uint64_t check_input(std::string const& path);

/// The one file as the one split; throws when it is missing.
class one_file final : public split_enumerator {
 public:
  explicit one_file(std::string path) : path_(std::move(path)) {}
  std::vector<split> discover() override;

 private:
  std::string path_;
};

template <class T, class Records>
class split_reader final : public reader<T> {
 public:
  explicit split_reader(input_settings settings) : settings_(std::move(settings)) {}

  void assign(std::uint32_t number, split const& assigned) override {
    auto& added = splits_[number];
    added.path = assigned.id;
    added.at = from_position(assigned.position);
  }

  poll_result poll(batch<T>& into) override {
    for (auto& [number, s] : splits_)
      if (!s.paused && !s.ended) return {fill(s, into), number, std::nullopt};
    return {poll_status::nothing, 0, std::chrono::milliseconds{100}};
  }

  std::string position(std::uint32_t number) const override {
    auto const& s = splits_.at(number);
    return to_position(s.records ? s.records->where() : s.at);
  }

  void seek(std::uint32_t number, std::string const& position) override {
    auto& s = splits_.at(number);
    s.at = from_position(position);
    s.ended = false;
    s.records.reset();
  }

  void pause(std::uint32_t number, bool paused) override { splits_.at(number).paused = paused; }
  std::uint64_t bytes_read() const override { return bytes_read_; }

 private:
  /// Keeps a poll of long records well below 100 ms.
  static constexpr std::uint64_t bytes_per_poll = std::uint64_t{1} << 20;

  struct file_split {
    std::string path;
    location at{};
    std::unique_ptr<Records> records{};  // from the first poll until the end
    bool paused = false;
    bool ended = false;
  };

  poll_status fill(file_split& s, batch<T>& into) {
    if (!s.records) start(s);
    std::uint64_t const begin = s.records->offset(), stop = begin + bytes_per_poll;
    while (into.room() > 0 && s.records->offset() < stop) {
      if (read_one(*s.records, into)) continue;
      s.at = s.records->where();
      bytes_read_ += s.records->offset() - begin;
      s.records.reset();
      s.ended = true;
      return poll_status::split_end;
    }
    bytes_read_ += s.records->offset() - begin;
    return poll_status::records;
  }

  void start(file_split& s) {
    input_settings mine = settings_;
    mine.path = s.path;
    auto records = std::make_unique<Records>(std::move(mine));
    records->seek(s.at);
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
  std::map<std::uint32_t, file_split> splits_;
  std::uint64_t bytes_read_ = 0;
};

template <class T, class Records>
source<T> make_source(input_settings const& settings) {
  source<T> made;
  made.make_enumerator = [path = settings.path] { return std::make_unique<one_file>(path); };
  made.make_reader = [settings] { return std::make_unique<split_reader<T, Records>>(settings); };
  made.blocking = true;
  return made;
}

}  // namespace flow::file::detail
