#pragma once
// The keyed side of a process operator: the keys of the records at hand, its states, its timers.

#include <functional>
#include <vector>

#include <flow/batch.hpp>
#include <flow/operator/process_context.hpp>

namespace flow::detail {

struct no_key {};

template <class K, class F>
struct context_for { using type = keyed_context<K, F>; };
template <class F>
struct context_for<no_key, F> { using type = process_context<F>; };

/// How an operator takes one of its inputs: records of type T, by the member that Callback stands for.
template <class T, class Selector, class Callback>
struct process_input {
  using record = T;
  using callback = Callback;
  using key = std::decay_t<std::invoke_result_t<Selector const&, T const&>>;
  static constexpr bool is_keyed = true;
  Selector select;
};
template <class T, class Callback>
struct process_input<T, no_key, Callback> {
  using record = T;
  using callback = Callback;
  using key = no_key;
  static constexpr bool is_keyed = false;
  no_key select;
};

/// The keys of a portion of records, of which every declared state is told before the function is called for the first.
template <key_type K>
class keyed_calls {
 public:
  using portion = key_portion;

  explicit keyed_calls(operator_state& state) : states(state, portion_, integer_key<K>, stored_key_of<K>(), schema_of<K>()) { made_.reserve(portion::most); }

  /// Takes the keys of records [first, end).
  template <class T, class Selector>
  void load(batch<T> const& in, std::uint32_t first, std::uint32_t end, Selector const& select) {
    auto const hashes = in.hashes();
    made_.clear();
    for (std::uint32_t r = first; r < end; ++r) {
      std::uint32_t const i = r - first;
      if constexpr (std::is_lvalue_reference_v<std::invoke_result_t<Selector const&, T const&>>) keys_[i] = &std::invoke(select, in[r]);
      else keys_[i] = &made_.emplace_back(std::invoke(select, in[r]));
      storer_.store(portion_, i, *keys_[i], hashes[r]);
    }
    portion_.size = end - first;
    states.begin_portion();
  }
  /// What follows is for the i-th record of the portion.
  void select(std::uint32_t i) { portion_.current = i; }
  K const* key() const { return keys_[portion_.current]; }
  std::uint64_t key_hash() const { return portion_.hashes[portion_.current]; }
  /// What follows is for this key alone.
  void select(K const& key, std::uint64_t hash) {
    storer_.store(portion_, 0, key, hash);
    keys_[0] = &key;
    portion_.current = 0;
    portion_.size = 1;
    states.begin_single();
  }
  /// What follows is for no key.
  void select_none() {
    portion_.size = 0;
    states.begin_single();
  }

 private:
  portion portion_;

 public:
  keyed_state states;

 private:
  std::array<K const*, portion::most> keys_{};
  std::vector<K> made_;
  key_storer<K> storer_;
};

/// What only an operator with keys has.
template <class K>
struct keyed_part {
  using calls = keyed_calls<K>;
  using timers = process_timers<K>;
  using timer = typename timer_queue<K>::timer;
  using timer_table = keyed_table<timer_key<K>, timer_is_set>;
};
template <>
struct keyed_part<no_key> {
  struct calls {
    explicit calls(operator_state&) {}
  };
  struct timers {};
  struct timer {};
  using timer_table = void;
};

}  // namespace flow::detail
