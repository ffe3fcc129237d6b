#pragma once
// flat_map: any number of records for one, and side outputs.

#include <flow/failures.hpp>
#include <flow/operator/output.hpp>
#include <flow/operator/resumable.hpp>

namespace flow {

/// Calls `f(record, output<Out>&)` or `f(record, output<Out>&, side_outputs&)` for each record. When the receivers take no
/// more, the rest of the batch waits inside the operator.
template <class In, class Out, class F, class Option = detail::fail_at_first>
class flat_map_operator final : public resumable_operator {
  using failures = detail::failures<In, Option>;
  static constexpr bool has_sides = std::is_invocable_v<F&, In const&, output<Out>&, side_outputs&>;

 public:
  flat_map_operator(std::string name, F f, std::vector<side_output> sides)
      : resumable_operator(std::move(name), 1 + failures::outputs + sides.size()), f_(std::move(f)), declared_(std::move(sides)) {}

  void open() override {
    out_.attach(*this, 0, context().batch_size);
    failures_.open(*this, 1, context().batch_size);
    sides_.attach(*this);
    for (std::size_t i = 0; i < declared_.size(); ++i)
      sides_.add(declared_[i].name, *declared_[i].type, 1 + failures::outputs + i, context().batch_size);
    if constexpr (failures::diverted) {
      out_.make_tentative();
      sides_.make_tentative();
    }
  }

 protected:
  bool run(std::uint32_t, batch_base const& b) override {
    auto const& in = as<In>(b);
    std::uint32_t const n = in.size();
    std::uint32_t const before = next_;
    bool const stamped = in.has_timestamps();
    out_.begin(stamped);
    sides_.begin(stamped);
    failures_.begin(in);
    while (next_ < n && still_ready()) {
      call_some(in);
      if constexpr (failures::diverted) {  // outside of what catches: who receives this may throw as well
        out_.accept();
        sides_.accept();
      }
    }
    counters().processed.add(next_ - before);
    if (next_ < n) return false;
    out_.flush();
    sides_.flush();
    failures_.flush();
    return true;
  }

 private:
  /// Calls the function for at least one record, and goes on until something else is to be done.
  void call_some(batch<In> const& in) {
    std::uint32_t const n = in.size();
    bool const stamped = in.has_timestamps();
    timestamp const* const times = in.timestamps().data();
    try {
      do {
        if (stamped) {
          out_.stamp(times[next_]);
          if constexpr (has_sides) sides_.stamp(times[next_]);
        }
        if constexpr (failures::diverted) {
          out_.begin_call();
          if constexpr (has_sides) sides_.begin_call();
        }
        call(in[next_]);
        ++next_;
      } while (next_ < n && may_call_again());
    } catch (...) {
      if constexpr (failures::diverted) {
        out_.take_back();
        sides_.take_back();
        failures_.take(in, next_++);
      } else {
        fail(in, next_);
      }
    }
  }
  bool may_call_again() {
    if constexpr (failures::diverted) return !out_.has_filled() && !(has_sides && sides_.has_filled());
    else return still_ready();
  }
  void call(In const& record) {
    if constexpr (has_sides)
      f_(record, out_, sides_);
    else
      f_(record, out_);
  }

  F f_;
  std::vector<side_output> declared_;
  output<Out> out_;
  side_outputs sides_;
  failures failures_;
};

}  // namespace flow
