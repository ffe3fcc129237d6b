#pragma once
// What becomes of a record for which a function failed.
//
//     auto readings = lines.map(parse, flow::divert_failures);
//     readings.sink("readings", ...);
//     readings.failed().sink("failed", ...);       // stream of flow::failed_record<std::string>
//
// A failure ends the job, unless the operator is given `divert_failures`. Then whatever the function throws sends the record
// to `failed()`, with the reason and the record's event time, and the operator goes on with the next one. Of such a record
// nothing else is given: what `flat_map` emitted for it before it threw, side outputs included, is taken back. Records that
// failed count as processed; where nobody reads `failed()` they are counted only.

#include <cstdint>
#include <string>
#include <type_traits>

#include <flow/operator/output.hpp>

namespace flow {

/// A record for which a function threw, or to whose request there was no answer.
template <class T>
struct failed_record {
  T record{};
  std::string reason;         // of the last attempt
  std::uint32_t attempts = 0;

  bool operator==(failed_record const&) const = default;
  template <class Archive>
    requires describable<T>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(record), CEREAL_NVP(reason), CEREAL_NVP(attempts));
  }
};

struct async_options;

/// Records that failed for good go to `failed()`; where nobody reads that they are counted.
struct divert_failures_option {
  void apply(async_options& o) const;
};
inline constexpr divert_failures_option divert_failures{};

namespace detail {

/// The first failure ends the job.
struct fail_at_first {};

/// How an operator on records of T treats failures.
template <class T, class Option>
class failures {
  static_assert(std::is_same_v<Option, fail_at_first>, "behind its function the operator takes flow::divert_failures, or nothing");

 public:
  static constexpr bool diverted = false;
  static constexpr std::size_t outputs = 0;
  void open(operator_base&, std::size_t, std::uint32_t) {}
  void begin(batch_base const&) {}
  void flush() {}
  std::uint32_t taken() const { return 0; }
};

template <class T>
class failures<T, divert_failures_option> {
 public:
  static constexpr bool diverted = true;
  static constexpr std::size_t outputs = 1;

  void open(operator_base& owner, std::size_t port, std::uint32_t batch_size) {
    bad_ = &owner.counters().bad;
    out_.attach(owner, port, batch_size);
  }
  /// Records of this batch follow; it may be the rest of one.
  void begin(batch_base const& in) {
    taken_ = 0;
    out_.begin(in.has_timestamps());
  }
  /// Called in a handler: what is being handled was thrown for this record.
  void take(batch_base const& in, std::uint32_t index) {
    auto const reason = error_being_handled({}).message();
    out_.emit({as<T>(in)[index], reason, 1}, in.has_timestamps() ? in.timestamps()[index] : no_watermark);
    bad_->add(1);
    ++taken_;
  }
  void flush() { out_.flush(); }
  /// How many since `begin`.
  std::uint32_t taken() const { return taken_; }

 private:
  output<failed_record<T>> out_;
  counter* bad_ = nullptr;
  std::uint32_t taken_ = 0;
};

}  // namespace detail

}  // namespace flow
