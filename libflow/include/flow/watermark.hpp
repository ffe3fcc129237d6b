#pragma once
// Watermark strategies: how far event time has come, read off the records.
//
//     .event_time(&click::at, flow::out_of_order_by(5s).idle_after(1min))
//
// On a source there is one generator per split, later in a stream one per subtask; the operator's watermark is the lowest
// of those that are not idle.

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include <flow/batch.hpp>
#include <flow/record/encoding.hpp>

namespace flow {

struct watermark_options {
  duration idle_after{};  // 0: never; a split without records for that long no longer holds the watermark
  duration max_drift{};   // 0: unbounded; how far ahead of the job's slowest split this one may read
};

/// Adds the options to a strategy.
template <class Strategy>
class watermark_strategy {
 public:
  /// A split that is polled and gives nothing for `d` is idle: it no longer holds the watermark back.
  Strategy idle_after(duration d) const {
    Strategy changed = static_cast<Strategy const&>(*this);
    changed.options.idle_after = d;
    return changed;
  }
  /// Splits more than `d` of event time ahead of the slowest of the job wait for it. Bounds what windows must hold.
  Strategy max_drift(duration d) const {
    Strategy changed = static_cast<Strategy const&>(*this);
    changed.options.max_drift = d;
    return changed;
  }
  watermark_options options;
};

/// Records come at most `bound` out of order: the watermark is the highest time seen, less the bound, less 1 us.
class bounded_disorder : public watermark_strategy<bounded_disorder> {
 public:
  explicit bounded_disorder(duration bound) : bound_(bound) {}

  class generator {
   public:
    explicit generator(duration bound) : bound_(bound) {}
    template <class T>
    void observe(batch<T> const& records, std::uint32_t&) {
      for (timestamp const t : records.timestamps()) highest_ = std::max(highest_, t);
    }
    timestamp watermark() const {
      return highest_ == no_watermark ? no_watermark : saturating_add(highest_, -bound_ - duration{1});
    }
    template <class Archive>
    void serialize(Archive& archive) { archive(cereal::make_nvp("highest", highest_)); }

   private:
    duration bound_;
    timestamp highest_ = no_watermark;
  };
  template <class T>
  generator make() const { return generator(bound_); }

 private:
  duration bound_;
};

/// The bound must not be negative: `flow::error` (usage).
inline bounded_disorder out_of_order_by(duration bound) {
  if (bound.count() < 0) throw error(error_code::usage, "out_of_order_by: the bound must not be negative, found " + std::to_string(bound.count()) + " us");
  return bounded_disorder(bound);
}
/// Times never go back within a split.
inline bounded_disorder monotonous() { return bounded_disorder(duration{0}); }

/// A user's generator: `void on_record(T const&, timestamp)` for each record and `timestamp watermark() const`, and a
/// `serialize` member when it remembers something, since that is state.
template <class G>
class user_watermarks : public watermark_strategy<user_watermarks<G>> {
 public:
  explicit user_watermarks(G prototype) : prototype_(std::move(prototype)) {}

  class generator {
   public:
    explicit generator(G g) : g_(std::move(g)) {}
    /// `at` is the record being looked at, for the one who catches.
    template <class T>
    void observe(batch<T> const& records, std::uint32_t& at) {
      static_assert(requires(G g, T const& r, timestamp t) { g.on_record(r, t); { g.watermark() } -> std::convertible_to<timestamp>; },
                    "a watermark generator needs `void on_record(Record const&, flow::timestamp)` and `flow::timestamp watermark() const`");
      for (at = 0; at < records.size(); ++at) g_.on_record(records[at], records.timestamps()[at]);
      at = records.empty() ? 0 : records.size() - 1;
      // A watermark never goes back, whatever the user's function says.
      watermark_ = std::max(watermark_, static_cast<timestamp>(g_.watermark()));
    }
    timestamp watermark() const { return watermark_; }
    template <class Archive>
    void serialize(Archive& archive) {
      static_assert(describable<G> || std::is_empty_v<G>, "a watermark generator that remembers something is state: give it a `serialize` member that names its fields");
      if constexpr (describable<G>) archive(cereal::make_nvp("generator", g_));
      archive(cereal::make_nvp("watermark", watermark_));
    }

   private:
    G g_;
    timestamp watermark_ = no_watermark;
  };
  template <class T>
  generator make() const { return generator(prototype_); }

 private:
  G prototype_;
};

template <class G>
user_watermarks<G> watermarks_from(G generator) { return user_watermarks<G>(std::move(generator)); }

/// Gives records their event time and follows it, for a number of splits. What a source or an event-time operator holds.
class time_assigner {
 public:
  explicit time_assigner(watermark_options options) : options_(options) {}
  virtual ~time_assigner() = default;
  watermark_options const& options() const { return options_; }

  /// Adds a split; they are numbered from 0.
  virtual void add_split() = 0;
  /// Another split takes the place of one that has ended.
  virtual void renew_split(std::uint32_t split) = 0;
  /// Fills the batch's timestamps; all records are of one split. Throws what the user's function throws; `at` is then the record.
  virtual void assign(batch_base& records, std::uint32_t split, std::uint32_t& at) = 0;
  virtual timestamp watermark(std::uint32_t split) const = 0;
  /// What a split's generator remembers, for the declared state, and the way back.
  virtual std::string save(std::uint32_t split) = 0;
  virtual void restore(std::uint32_t split, std::string const& saved) = 0;

 private:
  watermark_options options_;
};

template <class T, class F, class Strategy>
class typed_time_assigner final : public time_assigner {
 public:
  typed_time_assigner(F time_of, Strategy strategy)
      : time_assigner(strategy.options), time_of_(std::move(time_of)), strategy_(std::move(strategy)) {}

  void add_split() override { generators_.push_back(strategy_.template make<T>()); }
  void renew_split(std::uint32_t split) override {
    std::destroy_at(&generators_[split]);  // a user's generator need not be assignable
    std::construct_at(&generators_[split], strategy_.template make<T>());
  }
  void assign(batch_base& b, std::uint32_t split, std::uint32_t& at) override {
    auto& records = static_cast<batch<T>&>(b);
    timestamp* const times = records.add_timestamps();
    T const* const r = records.data();
    std::uint32_t const n = records.size();
    std::uint32_t i = 0;
    try {
      for (; i < n; ++i) times[i] = std::invoke(time_of_, r[i]);
    } catch (...) {
      at = i;
      throw;
    }
    generators_[split].observe(std::as_const(records), at);
  }
  timestamp watermark(std::uint32_t split) const override { return generators_[split].watermark(); }
  std::string save(std::uint32_t split) override {
    bytes out;
    encoder archive(out);
    archive(generators_[split]);
    return {reinterpret_cast<char const*>(out.data()), out.size()};
  }
  void restore(std::uint32_t split, std::string const& saved) override {
    decoder archive(reinterpret_cast<std::byte const*>(saved.data()), saved.size());
    archive(generators_[split]);
  }

 private:
  F time_of_;
  Strategy strategy_;
  std::vector<decltype(std::declval<Strategy const&>().template make<T>())> generators_;
};

}  // namespace flow
