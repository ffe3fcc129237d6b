#pragma once
// A table on the console, printed when the job has succeeded or was cancelled: for the results a person reads.
//
// It holds `.limit(n)` records (20 unless set), whatever comes: the first n, or with `.order_by(...)` the first n in that
// order, equal ones as they came. With several subtasks each prints its own; `.with_parallelism(1)` on the sink gives one.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <flow/file/detail/cell_archive.hpp>
#include <flow/sink.hpp>

namespace flow::file {

enum class order { ascending, descending };
inline constexpr order ascending = order::ascending;
inline constexpr order descending = order::descending;

namespace detail {

struct table_settings {
  std::string title{};
  std::size_t limit = 20;
  std::string time_format{};
  std::ostream* out = nullptr;  // the standard output when null
};

/// The rows of a table as text, and its printing.
class table_cells {
 public:
  table_cells(std::vector<std::string> columns, std::string time_format)
      : columns_(std::move(columns)), right_(columns_.size(), false), time_format_(std::move(time_format)) {}

  void name(char const*) {}
  void enter() {}
  void leave() {}
  void number(bool value) { add(value ? "true" : "false", false); }
  template <class T>
  void number(T value) {
    if constexpr (std::is_floating_point_v<T>) add(real(static_cast<double>(value)), true);
    else add(std::to_string(value), true);
  }
  void text(std::string_view value, bool) { add(one_line(value), false); }
  void time(timestamp value);
  void none() { cells_.emplace_back(); }

  void print(table_settings const& settings, std::string const& title, std::uint64_t records) const;

 private:
  void add(std::string cell, bool number) {
    right_[cells_.size() % columns_.size()] = number;
    cells_.push_back(std::move(cell));
  }
  static std::string real(double value);
  static std::string one_line(std::string_view text);

  std::vector<std::string> columns_;
  std::vector<bool> right_;  // columns of numbers
  std::string time_format_;
  std::vector<std::string> cells_{};  // row by row
};

struct no_order {};

template <class T, class By>
class table_writer final : public writer<T> {
 public:
  table_writer(table_settings settings, By by, order direction)
      : settings_(std::move(settings)), by_(std::move(by)), direction_(direction) {}

  void open(connector_context const& context) override {
    title_ = settings_.title;
    if (context.parallelism > 1)
      title_ += " (subtask " + std::to_string(context.subtask + 1) + " of " + std::to_string(context.parallelism) + ")";
  }
  void write(batch<T> const& records) override {
    for (auto const& record : records) keep(record);
  }
  void publish() override {
    if (std::exchange(published_, true)) return;
    std::sort(kept_.begin(), kept_.end(), by_place());
    table_cells cells(columns_of<T>(), settings_.time_format);
    cell_archive<table_cells> archive(cells);
    for (auto const& row : kept_) archive(row.record);
    cells.print(settings_, title_, seen_);
  }

 private:
  struct numbered {
    std::uint64_t number;
    T record;
  };

  /// Whether a row comes before another in the table.
  bool earlier(numbered const& a, numbered const& b) const {
    if constexpr (!std::is_same_v<By, no_order>) {
      auto const& first = direction_ == order::ascending ? a : b;
      auto const& second = direction_ == order::ascending ? b : a;
      if (std::invoke(by_, first.record) < std::invoke(by_, second.record)) return true;
      if (std::invoke(by_, second.record) < std::invoke(by_, first.record)) return false;
    }
    return a.number < b.number;
  }
  auto by_place() const {
    return [this](numbered const& a, numbered const& b) { return earlier(a, b); };
  }

  /// A heap with the last row of the table on top, which gives way to a better one.
  void keep(T const& record) {
    numbered row{seen_++, record};
    if (kept_.size() < settings_.limit) {
      kept_.push_back(std::move(row));
      std::push_heap(kept_.begin(), kept_.end(), by_place());
    } else if (!kept_.empty() && earlier(row, kept_.front())) {
      std::pop_heap(kept_.begin(), kept_.end(), by_place());
      kept_.back() = std::move(row);
      std::push_heap(kept_.begin(), kept_.end(), by_place());
    }
  }

  table_settings settings_;
  By by_;
  order direction_;
  std::string title_{};
  std::vector<numbered> kept_{};
  std::uint64_t seen_ = 0;
  bool published_ = false;
};

}  // namespace detail

template <class By = detail::no_order>
class console_table_sink {
 public:
  console_table_sink() = default;
  console_table_sink(detail::table_settings settings, By by, order direction)
      : settings_(std::move(settings)), by_(std::move(by)), direction_(direction) {}

  /// A line above the table.
  [[nodiscard]] console_table_sink title(std::string text) const {
    auto copy = *this;
    copy.settings_.title = std::move(text);
    return copy;
  }
  /// The most rows held and printed.
  [[nodiscard]] console_table_sink limit(std::size_t rows) const {
    auto copy = *this;
    copy.settings_.limit = rows;
    return copy;
  }
  /// How times are written, in strftime's terms.
  [[nodiscard]] console_table_sink time_format(std::string format) const {
    auto copy = *this;
    copy.settings_.time_format = std::move(format);
    return copy;
  }
  /// Prints to `out`, which outlives the job, in place of the standard output.
  [[nodiscard]] console_table_sink to(std::ostream& out) const {
    auto copy = *this;
    copy.settings_.out = &out;
    return copy;
  }
  /// By a member, `&row::flights`, or a function of a record; its values are compared by `<`.
  template <class Other>
  [[nodiscard]] console_table_sink<Other> order_by(Other by, order direction = order::ascending) const {
    return console_table_sink<Other>(settings_, std::move(by), direction);
  }

  /// Throws `flow::error` (invalid_job) when two columns of T have one name.
  template <class T>
  sink<T> make() const {
    if constexpr (!std::is_same_v<By, detail::no_order>)
      static_assert(std::is_invocable_v<By const&, T const&>, "console_table().order_by(by): `by` must be a member or a function of the stream's records");
    detail::columns_of<T>();
    sink<T> made;
    made.make_writer = [self = *this] { return std::make_unique<detail::table_writer<T, By>>(self.settings_, self.by_, self.direction_); };
    made.blocking = true;
    return made;
  }

 private:
  detail::table_settings settings_{};
  By by_{};
  order direction_ = order::ascending;
};

/// A table on the standard output.
inline console_table_sink<> console_table() { return {}; }

}  // namespace flow::file
