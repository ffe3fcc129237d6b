#pragma once
// flat_map: any number of records for one, and side outputs.

#include <flow/operator/output.hpp>
#include <flow/operator/resumable.hpp>

namespace flow {

/// Calls `f(record, output<Out>&)` or `f(record, output<Out>&, side_outputs&)` for each record. When the receivers take no
/// more, the rest of the batch waits inside the operator.
template <class In, class Out, class F>
class flat_map_operator final : public resumable_operator {
 public:
  flat_map_operator(std::string name, F f, std::vector<side_output> sides)
      : resumable_operator(std::move(name), 1 + sides.size()), f_(std::move(f)), declared_(std::move(sides)) {}

  void open() override {
    out_.attach(*this, 0, context().batch_size);
    sides_.attach(*this);
    for (std::size_t i = 0; i < declared_.size(); ++i)
      sides_.add(declared_[i].name, *declared_[i].type, 1 + i, context().batch_size);
  }

 protected:
  bool run(std::uint32_t, batch_base const& b) override {
    auto const& in = as<In>(b);
    std::uint32_t const n = in.size();
    std::uint32_t const before = next_;
    bool const stamped = in.has_timestamps();
    timestamp const* const times = in.timestamps().data();
    out_.begin(stamped);
    sides_.begin(stamped);
    try {
      while (next_ < n && still_ready()) {
        if (stamped) {
          out_.stamp(times[next_]);
          sides_.stamp(times[next_]);
        }
        call(in[next_]);
        ++next_;
      }
    } catch (...) {
      fail(in, next_);
    }
    counters().processed.add(next_ - before);
    if (next_ < n) return false;
    out_.flush();
    sides_.flush();
    return true;
  }

 private:
  void call(In const& record) {
    if constexpr (std::is_invocable_v<F&, In const&, output<Out>&, side_outputs&>)
      f_(record, out_, sides_);
    else
      f_(record, out_);
  }

  F f_;
  std::vector<side_output> declared_;
  output<Out> out_;
  side_outputs sides_;
};

}  // namespace flow
