#pragma once
// The first of the two phases of a window over the whole stream: each subtask aggregates its own part of a slice and
// sends one record per slice to the one subtask that merges them.

#include <vector>

#include <cereal/types/utility.hpp>
#include <cereal/types/vector.hpp>

#include <flow/operator/resumable.hpp>
#include <flow/state/operator_list.hpp>
#include <flow/window/fold.hpp>
#include <flow/window/windows.hpp>

namespace flow {

/// A part of a slice's aggregate; its event time is the slice's start.
template <class A>
struct partial {
  A value{};
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(value)); }
};

/// How parts enter the merged aggregate.
template <window_function F>
struct partial_fold : F {
  using record = partial<typename F::aggregate>;
  using key = whole_stream;
  explicit partial_fold(F function) : F(std::move(function)) {}
  whole_stream key_of(record const&) const { return {}; }
  void add(typename F::aggregate& into, record const& part) const { this->merge(into, part.value); }
};

/// Aggregates per slice; when the watermark passes a slice's end its part goes out, late but allowed records at once. When the
/// input becomes idle all parts go out, since nobody waits for this subtask's watermark from then on. Output 1 takes the records
/// that are late.
///
/// After a restore with another number of subtasks a slice may have several parts in one of them, as it has in several
/// subtasks: each goes out by itself.
template <window_function F>
class partial_operator final : public resumable_operator {
  using T = typename F::record;
  using A = typename F::aggregate;
  struct slice {
    timestamp begin, end;
    A value{};
    template <class Archive>
    void serialize(Archive& archive) { archive(CEREAL_NVP(begin), CEREAL_NVP(end), CEREAL_NVP(value)); }
  };

 public:
  partial_operator(std::string name, window_spec const& spec, F function)
      : resumable_operator(std::move(name), 2), function_(std::move(function)), slicing_(spec) {}

  void open() override {
    open_ = &state().template declare<list_object<slice, state_kind::list>>("slices").get();
    watermark_ = &state().template value<timestamp>("fired-until", no_watermark, when_rescaled::lowest);
    out_.attach(*this, 0, context().batch_size);
    late_.attach(*this, 1, context().batch_size);
    out_.begin(true);
    late_.begin(true);
  }
  void watermark(timestamp w) override {
    if (repeats(w, *watermark_)) return;
    sending_until_ = w;
    if (!guarded([this] { return continue_firing(); })) suspend();
  }
  void idle() override {
    going_idle_ = true;
    if (!guarded([this] { return continue_firing(); })) suspend();
  }

 protected:
  bool run(std::uint32_t, batch_base const& b) override {
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
    out_.flush();
    late_.flush();
    return true;
  }
  bool continue_firing() override {
    if (!going_idle_ && sending_until_ == no_watermark) return true;
    if (!send_parts()) return false;
    if (std::exchange(going_idle_, false)) {
      operator_base::idle();
    } else {
      *watermark_ = std::exchange(sending_until_, no_watermark);
      forward_watermark(*watermark_);
    }
    return true;
  }

 private:
  void take(T const& record, timestamp t) {
    if (slice* const s = find(t)) {
      function_.add(s->value, record);
      counters().processed.add(1);
      return;
    }
    slice_span const span = slicing_.slice_of(t);
    if (!span.in_a_window) {
      counters().filtered.add(1);
    } else if (slicing_.expired(slicing_.last_end(span.begin), *watermark_)) {
      counters().late.add(1);
      late_.emit(record, t);
    } else {
      counters().processed.add(1);
      slice fresh{span.begin, span.begin + span.length, {}};
      function_.add(fresh.value, record);
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
  /// Sends the parts that nothing is waited for; false when the receivers take no more.
  bool send_parts() {
    for (std::size_t i = 0; i < open_->size();) {
      if (!still_ready()) return false;
      if (!going_idle_ && !slicing::fired((*open_)[i].end, sending_until_)) {
        ++i;
        continue;
      }
      send((*open_)[i]);
      if (i + 1 != open_->size()) (*open_)[i] = std::move(open_->back());
      open_->pop_back();
    }
    out_.flush();
    return !holds_batches() && outputs_ready();
  }
  void send(slice& s) { out_.emit({std::move(s.value)}, s.begin); }

  F function_;
  slicing slicing_;
  std::vector<slice>* open_ = nullptr;
  timestamp* watermark_ = nullptr;
  timestamp sending_until_ = no_watermark;  // the watermark that is passed on when the slices before it have been sent
  bool going_idle_ = false;                 // idleness is passed on when all slices have been sent
  output<partial<A>> out_;
  output<T> late_;
};

}  // namespace flow
