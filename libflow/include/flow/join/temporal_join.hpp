#pragma once
// The operator of temporal joins: each left record with the right record of its key that was valid at its time.
//
// A right record is valid from its time on, until that of the next of its key; of several with the same time the one that came
// last. A left record waits until the watermark has reached its time, so that the outcome does not depend on which input is
// faster; it is given out then, with its time. A record at or behind the watermark is late: it goes to its side's late output.
// Of each key the version that is valid at the watermark is kept, and those that follow it.
//
// What it remembers is declared: "left", the records that wait; "right", the versions; "times", when which keys are looked at.

#include <flow/join/join_function.hpp>
#include <flow/join/join_operator.hpp>
#include <flow/record/encoding.hpp>
#include <flow/state/timers.hpp>
#include <flow/state/versions.hpp>

namespace flow {

/// No record ends the validity of the one before without taking its place.
struct never_ends {
  template <class R>
  bool operator()(R const&) const { return false; }
};

template <class Inputs, join_kind Kind, class F, class Ends = never_ends>
class temporal_join_operator final
    : public join_operator<temporal_join_operator<Inputs, Kind, F, Ends>, Inputs,
                           typename detail::pair_function<Kind, typename Inputs::left, typename Inputs::right, F>::out> {
  static_assert(!keeps_right(Kind), "a version may be without records: temporal joins are inner or left outer");
  using left = typename Inputs::left;
  using right = typename Inputs::right;
  using key = typename Inputs::key;
  using function = detail::pair_function<Kind, left, right, F>;
  using base = join_operator<temporal_join_operator, Inputs, typename function::out>;
  friend base;

 public:
  temporal_join_operator(std::string name, Inputs inputs, F f, Ends ends)
      : base(std::move(name), std::move(inputs)), f_{std::move(f)}, ends_(std::move(ends)) {}

 private:
  void declare() {
    left_.attach(this->state().template declare<typename keyed_rows<key, left>::table_type>("left"));
    right_.attach(this->state().template declare<typename versions<key, right>::table_type>("right"));
    times_.attach(this->state().template declare<keyed_table<timer_key<key>, timer_is_set>>("times"));
  }

  template <join_side side>
  [[gnu::always_inline]] void prefetch(std::uint64_t key_hash, timestamp t) {
    if constexpr (side == join_side::left) left_.prefetch(key_hash, number(t)); else right_.prefetch(key_hash, t);
  }
  template <join_side side, class T>
  bool take(T const& record, key const& k, std::uint64_t key_hash, timestamp t) {
    if (t <= this->followed(key_hash)) {
      this->template give_late<side>(record, t);
      return true;
    }
    if constexpr (side == join_side::left) left_.add(k, key_hash, number(t), record);
    else right_.put(k, key_hash, t, ends_(record) ? std::optional<right>() : std::optional<right>(record));
    times_.set(k, key_hash, t);
    return true;
  }
  static std::int64_t number(timestamp t) { return t.time_since_epoch().count(); }

  bool follow(timestamp w) {
    for (std::uint32_t steps = 0; this->still_ready() && steps < base::steps_per_call; ++steps) {
      if (!giving_ && !times_.take(w, due_)) return true;
      giving_ = true;
      if (!give()) return false;
      giving_ = false;
      next_place_ = {};
      left_.drop(due_.key, due_.key_hash, number(due_.at));
      right_.forget_before(due_.key, due_.key_hash, due_.at);
    }
    return false;
  }
  /// Gives out the left records of a key and time. False: from `next_place_` on they are left.
  bool give() {
    right const* const valid = right_.at(due_.key, due_.key_hash, due_.at);
    if (!valid && !keeps_left(Kind)) return true;
    this->out().stamp(due_.at);
    return left_.walk(due_.key, due_.key_hash, number(due_.at), next_place_, [&](left const& l, auto const&) {
      if (!this->still_ready()) return false;
      try {
        f_(&l, valid, this->out());
      } catch (...) {
        this->fail(function::about(&l, valid));
      }
      return true;
    });
  }

  function f_;
  Ends ends_;
  keyed_rows<key, left> left_;
  versions<key, right> right_;
  timer_queue<key> times_;

  // The key and time under way.
  typename timer_queue<key>::timer due_;
  bool giving_ = false;
  row_place next_place_;
};

}  // namespace flow
