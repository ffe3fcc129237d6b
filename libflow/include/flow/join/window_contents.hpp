#pragma once
// What a window holds of one side, and the functions that windows of two sides are given to.

#include <span>
#include <vector>

#include <flow/join/join_function.hpp>
#include <flow/state/keyed_rows.hpp>

namespace flow {

/// Records in several pieces, walked over by one who may stop and go on later.
template <class T>
struct record_pieces {
  std::vector<std::span<T const>> pieces;
  row_place at;

  void clear() {
    pieces.clear();
    at = {};
  }
  bool empty() const { return pieces.empty(); }
  /// Calls `f(record)` from `at` on, as long as it gives true; whether it came to the end, and then begins anew.
  template <class F>
  bool walk(F f) {
    for (; at.part < pieces.size(); at = {at.part + 1, 0})
      for (; at.row < pieces[at.part].size(); ++at.row)
        if (!f(pieces[at.part][at.row])) return false;
    at = {};
    return true;
  }
  /// All in one piece; copied into `space` where they are in several.
  std::span<T const> joined(std::vector<T>& space) const {
    if (pieces.size() == 1) return pieces.front();
    space.clear();
    for (auto const piece : pieces) space.insert(space.end(), piece.begin(), piece.end());
    return space;
  }
};

namespace detail {

/// Gives each pair of a window to the function of a join; in outer joins also the records of one side when there are none of
/// the other.
template <class Key, join_kind Kind, class L, class R, class F>
class window_pairs {
  using function = pair_function<Kind, L, R, F>;

 public:
  using out = typename function::out;
  explicit window_pairs(F f) : f_{std::move(f)} {}

  /// False: `ready()` did not give leave; call again.
  template <class Ready>
  bool give(window_of<Key> const&, record_pieces<L>& left, record_pieces<R>& right, output<out>& to, Ready ready) {
    auto const pair = [&](L const* l, R const* r) {
      if (!ready()) return false;
      left_ = l, right_ = r;
      f_(l, r, to);
      left_ = nullptr, right_ = nullptr;
      return true;
    };
    if (!left.empty() && !right.empty())
      return left.walk([&](L const& l) { return right.walk([&](R const& r) { return pair(&l, &r); }); });
    if constexpr (keeps_left(Kind))
      if (right.empty()) return left.walk([&](L const& l) { return pair(&l, nullptr); });
    if constexpr (keeps_right(Kind))
      if (left.empty()) return right.walk([&](R const& r) { return pair(nullptr, &r); });
    return true;
  }
  /// What the function was called with when it threw.
  std::string about() const { return left_ || right_ ? function::about(left_, right_) + "; " : ""; }

 private:
  function f_;
  L const* left_ = nullptr;
  R const* right_ = nullptr;
};

/// Gives all that a window holds to a function at once.
template <class Key, class L, class R, class F>
class window_groups {
  using result = join_result<F, window_of<Key> const&, std::span<L const>, std::span<R const>>;

 public:
  static constexpr bool fits = result::fits;
  using out = typename result::out;
  explicit window_groups(F f) : f_(std::move(f)) {}

  template <class Ready>
  bool give(window_of<Key> const& w, record_pieces<L>& left, record_pieces<R>& right, output<out>& to, Ready ready) {
    if (!ready()) return false;
    std::span<L const> const l = left.joined(left_);
    std::span<R const> const r = right.joined(right_);
    if constexpr (result::returns) to.emit(std::invoke(f_, w, l, r));
    else std::invoke(f_, w, l, r, to);
    left_.clear();
    right_.clear();
    return true;
  }
  std::string about() const { return ""; }

 private:
  F f_;
  std::vector<L> left_;
  std::vector<R> right_;
};

}  // namespace detail
}  // namespace flow
