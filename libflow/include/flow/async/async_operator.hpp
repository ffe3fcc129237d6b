#pragma once
// The operator that asks outside for each record and goes on when the answer comes.
//
// A record that has come in has a slot until its result has left; there are at most `in_flight`, and what is beyond them in
// a batch waits in the batch: then the operator is not ready, which holds its senders back. Answers given during the call
// are taken at once; others come through the answer box, which rings the operator's bell once for all that have come.
//
// What it remembers is declared: "flow.requests", the records that have not left, brought up to date when a barrier passes, so
// a barrier never waits for an answer. After a restore they are asked for anew, before anything else, each as if for the first
// time. Watermarks that wait between them are not stored: every restored sender repeats its newest, which queues up behind
// them.

#include <functional>

#include <flow/async/attempts.hpp>
#include <flow/async/deadlines.hpp>
#include <flow/async/release_order.hpp>
#include <flow/async/request_input.hpp>
#include <flow/async/request_output.hpp>
#include <flow/async/request_slots.hpp>
#include <flow/async/requests.hpp>
#include <flow/record/json_text.hpp>
#include <flow/state/operator_list.hpp>

namespace flow {

namespace detail {
/// The text of an error about a request that failed for good.
std::string request_failure_text(error const& last, std::uint32_t attempts, std::string const& record);
error timed_out_error(duration timeout);

template <class Request>
struct no_cache {};
template <class Request>
struct cache_of { using type = no_cache<Request>; };
template <class Request>
  requires requires { typename Request::key; }
struct cache_of<Request> { using type = answer_cache<typename Request::key, typename Request::answer>; };
}  // namespace detail

/// `Request`: direct_request or key_request.
template <class Request>
class async_operator final : public operator_base {
  using record = typename Request::record;
  using answer = typename Request::answer;
  using out = typename Request::out;
  using slot = detail::request_slot<record, answer>;
  static constexpr bool by_key = requires { typename Request::key; };

 public:
  /// What takes the place of an answer; empty where there is no such function.
  using fallback = std::function<answer(failed_record<record> const&)>;

  async_operator(std::string name, Request request, async_options const& options, fallback instead)
      : operator_base(std::move(name), options.divert ? 2 : 1), request_(std::move(request)), options_(options), instead_(std::move(instead)),
        order_(options.ordered) {}
  ~async_operator() override {
    attempts_.close();
    slots_.give_up();
  }

  void open() override {
    declared_ = &state().template declare<list_object<stored_request<record>, state_kind::list>>("flow.requests").get();
    attempts_.open(bell());
    out_.open(*this, options_.divert, context().batch_size);
    if constexpr (by_key)
      if (options_.cache_entries > 0) cache_.emplace(options_.cache_entries, options_.time_to_live, metrics());
    retried_ = metrics().counter("retries");
    timed_out_ = metrics().counter("time-outs");
    open_context c(context().subtask, context().parallelism, nullptr, state(), metrics());
    request_.open(c);
    look_at(std::chrono::nanoseconds{0});  // what has been restored is asked for when all operators are open
  }
  bool ready() const override { return operator_base::ready() && !full() && input_.empty(); }
  void watermark(timestamp w) override {
    activity_scope const scope(*this);
    order_.watermark(w);
    go_on();
  }
  void idle() override {
    activity_scope const scope(*this);
    order_.idle();
    go_on();
  }
  void settle_state() override {
    input_.take_restored(*declared_);
    declared_->clear();
    slots_.store(*declared_);
    input_.store(*declared_);
  }
  bool may_pass_barrier() const override { return !holds_batches(); }
  bool may_end() const override { return !suspended() && slots_.used() == 0 && input_.empty() && order_.empty() && !mark_; }
  void end() override {
    guarded([this] { request_.close(); });
    operator_base::end();
  }

  /// How many records have not left, those that wait in their batch excepted.
  std::size_t in_flight() const { return slots_.used(); }

 protected:
  void process(batch_ref& b) override {
    input_.take(b);
    go_on();
    input_.give_back(b);
  }
  void look(std::chrono::nanoseconds) override {
    attempts_.for_each_answered([this](std::uint32_t index) { take_word(slots_[index]); });
    auto const now = context().clock->now();
    while (auto const s = deadlines_.take(now)) time_out(slots_[*s]);
    while (auto const s = retries_.take(now)) ask(slots_[*s]);
    go_on();
  }
  bool continue_output() override { return advance(); }

 private:
  using what_leaves = typename detail::release_order::leaving::what;

  bool full() const { return slots_.used() >= static_cast<std::size_t>(options_.in_flight); }

  // ---- the flow of records: in as far as there are slots, out as far as the order and the receivers allow

  void go_on() {
    if (!advance()) suspend();
  }
  /// False when the receivers take no more.
  bool advance() {
    input_.take_restored(*declared_);
    input_.begin();
    now_ = context().clock->now();
    bool done = false;
    while ((done = release()) && !full() && admit_next()) {
    }
    out_.flush();
    input_.end();
    if (deadlines_.has_new()) deadlines_.start(context().clock->now() + options_.timeout);
    look_at(std::min(deadlines_.next(), retries_.next()));
    return done;
  }
  bool admit_next() {
    return input_.admit_next([this](record& r, timestamp at, bool has_time, bool movable) { admit(r, at, has_time, movable); });
  }
  void admit(record& r, timestamp at, bool has_time, bool movable) {
    detail::answer_records<answer> const* known = nullptr;
    if constexpr (by_key) {
      if (cache_) known = guarded_for(r, [&] { return cache_->find(request_.key_of_record(r), now_); });
      if (known && order_.lets_pass()) return give(r, *known, at, has_time);
    }
    slot& s = slots_.take();
    if (movable) s.request.record = std::move(r);
    else s.request.record = r;
    s.request.at = at;
    s.request.has_time = has_time;
    order_.add(s.index);
    if (known) {
      s.answers = *known;
      order_.answered(s.index);
    } else if (!follows(s)) {
      ask(s);
    }
  }

  // ---- requests

  void ask(slot& s) {
    auto& a = attempts_.begin(s.index);
    s.current = &a;
    ++s.attempts;
    try {
      request_.ask(s.request.record, reply<answer>(a));
    } catch (...) {
      error thrown = error_being_handled({});
      if (a.claim()) {
        a.failure = std::move(thrown);
        a.finish();
      } else if (a.has_returned() && a.failure) {
        a.failure = std::move(thrown);  // the reply was destroyed on the way
      } else {
        fail(about(s.request.record));  // it has answered: neither that nor the exception may be lost
      }
    }
    if (a.has_returned()) return take_word(s);
    s.has_deadline = true;
    deadlines_.add(s.index);
  }
  /// There is a word on the request.
  void take_word(slot& s) {
    if (std::exchange(s.has_deadline, false)) deadlines_.remove(s.index);
    auto& a = *std::exchange(s.current, nullptr);
    auto failure = std::move(a.failure);
    if (!failure) std::swap(s.answers, a.answer);
    attempts_.give_back(a);
    if (failure) failed(s, std::move(*failure), options_.retry.after_errors);
    else settled(s);
  }
  void time_out(slot& s) {
    s.has_deadline = false;
    if (!s.current->claim()) return;  // a word is on its way
    std::exchange(s.current, nullptr)->release();
    timed_out_.increment();
    failed(s, detail::timed_out_error(options_.timeout), options_.retry.after_timeouts);
  }
  void failed(slot& s, error e, bool may_retry) {
    if (may_retry && s.attempts <= options_.retry.further && e.retry() != retry_hint::pointless) {
      retried_.increment();
      auto const wait = options_.retry.delay(s.attempts + 1, s.number, context().subtask);
      return retries_.add(context().clock->now() + wait, s.number, s.index);
    }
    if (!options_.divert && !instead_)
      throw error(e.code(), name(), detail::request_failure_text(e, s.attempts, to_json(s.request.record)));
    s.failure = std::move(e);
    settled(s);
  }

  // ---- requests for one key, together

  /// Whether another's request will answer it too.
  bool follows(slot& s) {
    if constexpr (by_key) {
      if (!cache_) return false;
      auto const first = cache_->asks(request_.key_of_record(s.request.record), s.index);
      if (first == s.index) return false;
      slots_.follow(slots_[first], s);
      return true;
    }
    return false;
  }
  /// Nothing more will be tried: the record may leave, and with it those that wait for the same answer.
  void settled(slot& s) {
    if constexpr (by_key) {
      if (cache_) {
        auto const& key = request_.key_of_record(s.request.record);
        cache_->asked(key);
        if (!s.failure) cache_->store(key, s.answers, context().clock->now());
      }
    }
    order_.answered(s.index);
    slots_.settle_followers(s, [this](std::uint32_t index) { order_.answered(index); });
  }

  // ---- output

  /// Lets leave what may; false when the receivers take no more.
  bool release() {
    while (still_ready()) {
      if (!mark_) {
        auto const next = order_.next();
        if (next.is == what_leaves::nothing) return true;
        if (next.is == what_leaves::record) leave(slots_[next.slot]);
        else mark_ = next;
      }
      if (mark_ && !pass_mark()) return false;
    }
    return false;
  }
  bool pass_mark() {
    out_.flush();
    if (holds_batches() || !outputs_ready()) return false;
    auto const mark = *std::exchange(mark_, {});
    if (mark.is == what_leaves::watermark) forward_watermark(mark.at);
    else operator_base::idle();
    return true;
  }
  void leave(slot& s) {
    auto& r = s.request;
    if (s.failure && !instead_) {
      out_.divert(r.has_time, {std::move(r.record), s.failure->message(), s.attempts}, r.at);
    } else {
      if (s.failure) s.answers.set(guarded_for(r.record, [&] { return instead_({r.record, s.failure->message(), s.attempts}); }));
      give(r.record, s.answers, r.at, r.has_time);
    }
    slots_.free(s);
  }
  template <class Answers>
  void give(record const& r, Answers& answers, timestamp at, bool has_time) {
    out_.give(has_time, [&](output<out>& into) { return guarded_for(r, [&] { return request_.give(r, answers, into, at); }); });
  }

  /// Calls a function of the user's about a record.
  template <class F>
  decltype(auto) guarded_for(record const& r, F f) const {
    try {
      return f();
    } catch (...) {
      fail(about(r));
    }
  }
  static std::string about(record const& r) { return "the record was " + to_json(r); }

  Request request_;
  async_options const options_;
  fallback instead_;
  std::vector<stored_request<record>>* declared_ = nullptr;
  detail::attempts<answer> attempts_;
  detail::request_slots<record, answer> slots_;
  detail::request_input<record> input_;
  detail::release_order order_;
  std::optional<detail::release_order::leaving> mark_;  // it leaves next, when the receivers take it
  detail::deadline_list deadlines_;
  detail::retry_queue retries_;
  std::optional<typename detail::cache_of<Request>::type> cache_;

  std::chrono::nanoseconds now_{0};  // of the call

  detail::request_output<record, out> out_;
  counter_metric retried_, timed_out_;
};

}  // namespace flow
