#pragma once
// The operator of interval joins: pairs of records of one key whose times are close.
//
// A left record l and a right record r are a pair when l.time + lower <= r.time <= l.time + upper. A pair is given out when the
// second of the two comes, with the later of their times. In outer joins a record without a partner is given out when the
// watermark has passed the last instant that a partner may have, and has that instant as its time, or its own if that is later:
// so it is never behind the watermark. A record at or behind the watermark is late, since partners may be gone: it goes to its
// side's late output.
//
// What it remembers is declared: "left" and "right", the records that may still get partners.

#include <flow/join/interval_side.hpp>
#include <flow/join/join_function.hpp>
#include <flow/join/join_operator.hpp>

namespace flow {

/// Bounds of right.time - left.time, both included.
struct join_interval {
  duration lower{};
  duration upper{};
};

template <class Inputs, join_kind Kind, class F>
class interval_join_operator final
    : public join_operator<interval_join_operator<Inputs, Kind, F>, Inputs,
                           typename detail::pair_function<Kind, typename Inputs::left, typename Inputs::right, F>::out> {
  using left = typename Inputs::left;
  using right = typename Inputs::right;
  using key = typename Inputs::key;
  using function = detail::pair_function<Kind, left, right, F>;
  using base = join_operator<interval_join_operator, Inputs, typename function::out>;
  friend base;

 public:
  interval_join_operator(std::string name, Inputs inputs, join_interval interval, F f)
      : base(std::move(name), std::move(inputs)), interval_(interval), f_{std::move(f)},
        left_(interval.upper - interval.lower, interval.upper, keeps_left(Kind)),
        right_(interval.upper - interval.lower, -interval.lower, keeps_right(Kind)) {}

 private:
  void declare() {
    left_.attach(this->state().template declare<typename interval_side<key, left>::rows::table_type>("left"));
    right_.attach(this->state().template declare<typename interval_side<key, right>::rows::table_type>("right"));
  }
  template <join_side side>
  auto& own() {
    if constexpr (side == join_side::left) return left_; else return right_;
  }
  template <join_side side>
  auto& other() {
    if constexpr (side == join_side::left) return right_; else return left_;
  }
  /// From a record to its first and its last possible partner.
  template <join_side side>
  std::pair<duration, duration> reach() const {
    return side == join_side::left ? std::pair(interval_.lower, interval_.upper) : std::pair(-interval_.upper, -interval_.lower);
  }
  /// Calls the function with a record of one side and, perhaps, one of the other.
  template <join_side side, class Mine, class Theirs>
  void call(Mine const* mine, Theirs const* theirs) {
    left const* l;
    right const* r;
    if constexpr (side == join_side::left) l = mine, r = theirs; else l = theirs, r = mine;
    try {
      f_(l, r, this->out());
    } catch (...) {
      this->fail(function::about(l, r));
    }
  }

  // ---- records

  template <join_side side>
  [[gnu::always_inline]] void prefetch(std::uint64_t key_hash, timestamp t) {
    own<side>().all().prefetch(key_hash, own<side>().bucket_of(t));
    other<side>().all().prefetch(key_hash, other<side>().bucket_of(saturating_add(t, reach<side>().first)));
    other<side>().all().prefetch(key_hash, other<side>().bucket_of(saturating_add(t, reach<side>().second)));
  }
  template <join_side side, class T>
  bool take(T const& record, key const& k, std::uint64_t key_hash, timestamp t) {
    if (t <= this->followed(key_hash)) {
      this->template give_late<side>(record, t);
      return true;
    }
    if (!give_pairs<side>(record, k, key_hash, t)) return false;
    bool const had_partner = std::exchange(had_partner_, false);
    if (own<side>().due_at(t) > this->followed(key_hash)) own<side>().add(k, key_hash, record, t, had_partner);
    else if (own<side>().keeps() && !had_partner) give_alone<side>(record, t);
    return true;
  }
  /// Gives out the record with all partners that have come before it. False: from `partner_` on they are left.
  template <join_side side, class T>
  bool give_pairs(T const& record, key const& k, std::uint64_t key_hash, timestamp t) {
    auto& theirs = other<side>();
    timestamp const first = saturating_add(t, reach<side>().first), last = saturating_add(t, reach<side>().second);
    std::int64_t const last_bucket = theirs.bucket_of(last);
    for (std::int64_t b = theirs.bucket_of(first) + buckets_done_; b <= last_bucket; ++b, ++buckets_done_, partner_ = {}) {
      bool const done = theirs.all().walk(k, key_hash, b, partner_, [&](auto& partner, auto const& mark) {
        if (partner.at < first || partner.at > last) return true;
        if (!this->still_ready()) return false;
        this->out().stamp(std::max(t, partner.at));
        call<side>(&record, &partner.record);
        had_partner_ = true;
        if (theirs.keeps() && !partner.settled) {
          mark.mark();
          partner.settled = true;
        }
        return true;
      });
      if (!done) return false;
    }
    buckets_done_ = 0;
    return true;
  }
  template <join_side side, class T>
  void give_alone(T const& record, timestamp t) {
    using partner = typename Inputs::template record<side == join_side::left ? join_side::right : join_side::left>;
    this->out().stamp(std::max(t, own<side>().due_at(t)));
    if constexpr (side == join_side::left ? keeps_left(Kind) : keeps_right(Kind)) call<side>(&record, static_cast<partner const*>(nullptr));
  }

  // ---- watermark

  /// What has no partner any more is given out, then what is over is dropped.
  bool follow(timestamp w) {
    return give_all_alone<join_side::left>(w) && give_all_alone<join_side::right>(w) && left_.clean(w, base::steps_per_call) &&
           right_.clean(w, base::steps_per_call);
  }
  template <join_side side>
  bool give_all_alone(timestamp w) {
    if (!own<side>().keeps()) return true;
    while (this->still_ready()) {
      auto const* const row = own<side>().take_alone(w, due_);
      if (!row) return true;
      give_alone<side>(row->record, row->at);
    }
    return false;
  }

  join_interval interval_;
  function f_;
  interval_side<key, left> left_;
  interval_side<key, right> right_;
  typename due_rows<key>::item due_;  // keeps its memory

  // Of the record under way: where its partners that are left begin.
  std::int64_t buckets_done_ = 0;
  row_place partner_;
  bool had_partner_ = false;
};

}  // namespace flow
