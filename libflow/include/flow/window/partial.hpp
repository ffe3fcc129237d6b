#pragma once
// The first of the two phases of a window over the whole stream: each subtask aggregates its own part of a slice and
// sends one record per slice to the one subtask that merges them.

#include <vector>

#include <cereal/types/utility.hpp>
#include <cereal/types/vector.hpp>

#include <flow/operator/output.hpp>
#include <flow/record/key.hpp>
#include <flow/window/aggregates.hpp>
#include <flow/window/windowed.hpp>
#include <flow/window/windows.hpp>

namespace flow {

/// A part of a slice's aggregate; its event time is the slice's start.
template <class A>
struct partial {
  A value{};
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(value)); }
};

/// How a partial aggregate enters the merged one.
template <class A>
struct partial_input {
  using record = partial<A>;
  using key = whole_stream;
  using aggregate = A;
  whole_stream key_of(record const&) const { return {}; }
  static void fold(A& into, record const& r) { into.merge(r.value); }
};

/// Aggregates per slice; when the watermark passes a slice's end its part goes out, late but allowed records at once.
/// Output 1 takes the records that are late.
template <class T, class A>
class partial_operator final : public operator_base {
  struct slice {
    timestamp begin, end;
    A value{};
    template <class Archive>
    void serialize(Archive& archive) { archive(CEREAL_NVP(begin), CEREAL_NVP(end), CEREAL_NVP(value)); }
  };

 public:
  partial_operator(std::string name, window_spec const& spec) : operator_base(std::move(name), 2), slicing_(spec) {}

  void open() override {
    open_ = &state().template value<std::vector<slice>>("slices");
    watermark_ = &state().template value<timestamp>("fired-until", no_watermark);
    renew<partial<A>>(out_, context().batch_size);
    renew<T>(late_, context().batch_size);
  }
  void watermark(timestamp w) override {
    if (w <= *watermark_) return;
    sending_until_ = w;
    if (!guarded([this] { return continue_output(); })) suspend();
  }
  bool may_pass_barrier() const override { return !suspended() || (!holds_batches() && (!rest_ || rest_->empty())); }

 protected:
  void process(batch_ref& b) override {
    next_ = 0;
    if (!run(*b)) {
      std::swap(b, rest_);
      if (b && b.unique()) b->clear();
      suspend();
    }
  }
  bool continue_output() override {
    if (rest_ && !rest_->empty()) {
      if (!run(*rest_)) return false;
      if (rest_.unique()) rest_->clear(); else rest_ = {};
    }
    return sending_until_ == no_watermark || send_finished();
  }

 private:
  bool run(batch_base& b) {
    auto const& in = as<T>(b);
    std::uint32_t const n = in.size();
    try {
      for (; next_ < n; ++next_) {
        if (!still_ready()) return false;
        take(in[next_], in.timestamps()[next_]);
      }
    } catch (...) {
      fail(in, next_);
    }
    if (!out_->empty()) push(0, out_);
    if (!late_->empty()) push(1, late_);
    return true;
  }
  void take(T const& record, timestamp t) {
    if (slice* const s = find(t)) {
      s->value.add(record);
      counters().processed.add(1);
      return;
    }
    slice_span const span = slicing_.slice_of(t);
    if (!span.in_a_window) {
      counters().filtered.add(1);
    } else if (slicing_.expired(slicing_.last_end(span.begin), *watermark_)) {
      counters().late.add(1);
      late_->add_timestamps()[late_->size()] = t;
      as<T>(*late_).emplace_back(record);
      if (late_->room() == 0) push(1, late_);
    } else {
      counters().processed.add(1);
      slice fresh{span.begin, span.begin + span.length, {}};
      fresh.value.add(record);
      if (slicing::fired(fresh.end, *watermark_)) send(fresh);
      else open_->push_back(std::move(fresh));
    }
  }
  /// The open slice of a time; the young ones are at the end.
  slice* find(timestamp t) {
    for (auto s = open_->rbegin(); s != open_->rend(); ++s)
      if (t >= s->begin && t < s->end) return &*s;
    return nullptr;
  }
  bool send_finished() {
    for (std::size_t i = 0; i < open_->size();) {
      if (!still_ready()) return false;
      if (!slicing::fired((*open_)[i].end, sending_until_)) {
        ++i;
        continue;
      }
      send((*open_)[i]);
      if (i + 1 != open_->size()) (*open_)[i] = std::move(open_->back());
      open_->pop_back();
    }
    if (!out_->empty()) push(0, out_);
    if (holds_batches() || !outputs_ready()) return false;
    *watermark_ = std::exchange(sending_until_, no_watermark);
    forward_watermark(*watermark_);
    return true;
  }
  void send(slice const& s) {
    out_->add_timestamps()[out_->size()] = s.begin;
    out_->add_hashes()[out_->size()] = hash_of(whole_stream{});
    as<partial<A>>(*out_).emplace_back(partial<A>{s.value});
    if (out_->room() == 0) push(0, out_);
  }

  slicing slicing_;
  std::vector<slice>* open_ = nullptr;
  timestamp* watermark_ = nullptr;
  timestamp sending_until_ = no_watermark;  // the watermark that is passed on when the slices before it have been sent
  batch_ref rest_;
  std::uint32_t next_ = 0;
  batch_ref out_;
  batch_ref late_;
};

}  // namespace flow
