#pragma once
// What the operators of joins have in common: two keyed inputs, a main output, and an output for each side's late records.
//
// Neither input ever waits for the other: what has no partner yet is state, until the watermark says that none can come.
// Records are worked on in portions whose places in the state are loaded ahead. What follows the watermark (records without a
// partner, windows, cleaning) is done in the order of time when it has come; it is passed on when all that it caused has been
// given out. Both can be left in the middle when the receivers take no more, and are resumed there.
//
// Derived has, besides its state,
//     void declare()                                                              declares and attaches it
//     void prefetch<side>(key_hash, time)
//     bool take<side>(record, key, key_hash, time)                                false: the receivers take no more; call again
//     bool follow(watermark)                                                      false: not finished; call again
//
// Declared here: "fired-until", the watermark that has been followed last.

#include <functional>

#include <flow/operator/output.hpp>
#include <flow/operator/resumable.hpp>
#include <flow/record/key.hpp>
#include <flow/state/fired_until.hpp>

namespace flow {

enum class join_side { left, right };

/// The two inputs of a join: their records, and how each gives its key.
template <class L, class LeftKey, class R, class RightKey>
struct join_inputs {
  using left = L;
  using right = R;
  using key = std::decay_t<std::invoke_result_t<LeftKey const&, L const&>>;
  template <join_side side>
  using record = std::conditional_t<side == join_side::left, L, R>;
  LeftKey left_key;
  RightKey right_key;

  template <join_side side>
  decltype(auto) key_of(record<side> const& r) const {
    if constexpr (side == join_side::left) return std::invoke(left_key, r); else return std::invoke(right_key, r);
  }
};

template <class Derived, class Inputs, class Out>
class join_operator : public resumable_operator {
  using left = typename Inputs::left;
  using right = typename Inputs::right;

 public:
  join_operator(std::string name, Inputs inputs) : resumable_operator(std::move(name), 3), inputs_(std::move(inputs)) {}

  void open() override {
    out_.attach(*this, 0, context().batch_size);
    late_left_.attach(*this, 1, context().batch_size);
    late_right_.attach(*this, 2, context().batch_size);
    fired_until_ = &state().template declare<flow::fired_until>("fired-until");
    self().declare();
  }
  void watermark(timestamp w) override {
    if (repeats(w, fired_until_->lowest())) return;
    activity_scope const scope(*this);
    following_ = w;
    if (!continue_firing()) suspend();
  }

 protected:
  static constexpr std::uint32_t portion = 64;
  /// What may be done for a watermark before control is looked at.
  static constexpr std::uint32_t steps_per_call = 4096;

  /// The watermark up to which what has this hash of its key has been followed.
  timestamp followed(std::uint64_t key_hash) const { return fired_until_->of(key_hash); }
  output<Out>& out() { return out_; }
  /// The record under way is too late for its partners.
  template <join_side side>
  void give_late(typename Inputs::template record<side> const& r, timestamp t) {
    counters().late.add(1);
    ++set_aside_;
    if constexpr (side == join_side::left) late_left_.emit(r, t); else late_right_.emit(r, t);
  }
  /// The record under way belongs nowhere.
  void leave_out() {
    counters().filtered.add(1);
    ++set_aside_;
  }

  /// Records are looked up anew where one is gone on with.
  bool refers_to_state() const override { return false; }
  bool run(std::uint32_t input, batch_base const& b) final { return input == 0 ? run_side<join_side::left>(b) : run_side<join_side::right>(b); }
  bool continue_firing() final {
    if (following_ == no_watermark) return true;
    out_.begin(true);
    bool const done = self().follow(following_);
    out_.flush();
    if (!done || holds_batches() || !outputs_ready()) return false;
    fired_until_->raise(std::exchange(following_, no_watermark));
    forward_watermark(fired_until_->lowest());
    return true;
  }

 private:
  Derived& self() { return static_cast<Derived&>(*this); }

  template <join_side side>
  bool run_side(batch_base const& b) {
    auto const& in = as<typename Inputs::template record<side>>(b);
    std::uint32_t const n = in.size(), before = next_;
    out_.begin(true);
    late_left_.begin(true);
    late_right_.begin(true);
    try {
      bool room = true;
      while (next_ < n && room) room = run_portion<side>(in, std::min(n, next_ + portion));
    } catch (...) {
      fail(in, next_);
    }
    counters().processed.add(next_ - before - std::exchange(set_aside_, 0));
    if (next_ < n) return false;
    out_.flush();
    late_left_.flush();
    late_right_.flush();
    return true;
  }
  template <join_side side>
  bool run_portion(batch<typename Inputs::template record<side>> const& in, std::uint32_t end) {
    timestamp const* const times = in.timestamps().data();
    std::uint64_t const* const hashes = in.hashes().data();
    for (std::uint32_t i = next_; i < end; ++i) self().template prefetch<side>(hashes[i], times[i]);
    for (; next_ < end; ++next_)
      if (!still_ready() || !self().template take<side>(in[next_], inputs_.template key_of<side>(in[next_]), hashes[next_], times[next_]))
        return false;
    return true;
  }

  Inputs inputs_;
  output<Out> out_;
  output<left> late_left_;
  output<right> late_right_;
  std::uint32_t set_aside_ = 0;  // of this call: not processed
  flow::fired_until* fired_until_ = nullptr;
  timestamp following_ = no_watermark;  // the watermark that is being followed
};

}  // namespace flow
