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

#include <algorithm>
#include <functional>
#include <limits>

#include <flow/async/deadlines.hpp>
#include <flow/async/release_order.hpp>
#include <flow/async/requests.hpp>
#include <flow/record/json_text.hpp>
#include <flow/state/operator_list.hpp>

namespace flow {

/// A record that waits for its answer.
template <class T>
struct stored_request {
  T record{};
  timestamp at = no_watermark;
  bool has_time = false;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(record), CEREAL_NVP(at), CEREAL_NVP(has_time));
  }
};

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
  using attempt = detail::attempt<answer>;
  static constexpr bool by_key = requires { typename Request::key; };
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

 public:
  /// What takes the place of an answer; empty where there is no such function.
  using fallback = std::function<answer(failed_record<record> const&)>;

  async_operator(std::string name, Request request, async_options const& options, fallback instead)
      : operator_base(std::move(name), options.divert ? 2 : 1), request_(std::move(request)), options_(options), instead_(std::move(instead)),
        order_(options.ordered) {}
  ~async_operator() override {
    if (box_) box_->close();
    for (auto& s : slots_) {
      if (!s.current) continue;
      s.current->claim();
      s.current->release();
    }
    while (!spare_.empty()) spare_.pop()->release();
  }

  void open() override {
    declared_ = &state().template declare<list_object<stored_request<record>, state_kind::list>>("flow.requests").get();
    box_ = std::make_shared<detail::answer_box>(bell());
    out_.attach(*this, 0, context().batch_size);
    if (options_.divert) failed_.attach(*this, 1, context().batch_size);
    if constexpr (by_key)
      if (options_.cache_entries > 0) cache_.emplace(options_.cache_entries, options_.time_to_live, metrics());
    retried_ = metrics().counter("retries");
    timed_out_ = metrics().counter("time-outs");
    open_context c(context().subtask, context().parallelism, nullptr, state(), metrics());
    request_.open(c);
    look_at(std::chrono::nanoseconds{0});  // what has been restored is asked for when all operators are open
  }
  bool ready() const override { return operator_base::ready() && !full() && nothing_waits(); }
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
    take_restored();
    declared_->clear();
    std::vector<slot const*> live;
    for (auto const& s : slots_)
      if (s.number != unused) live.push_back(&s);
    std::sort(live.begin(), live.end(), [](auto const* a, auto const* b) { return a->number < b->number; });
    for (auto const* s : live) declared_->push_back(s->request);
    declared_->insert(declared_->end(), restored_.begin() + static_cast<std::ptrdiff_t>(next_restored_), restored_.end());
    for (auto i = next_; !rest_is_done() && i < rest_->size(); ++i) declared_->push_back(waiting(i));
  }
  bool may_pass_barrier() const override { return !holds_batches(); }
  bool may_end() const override { return !suspended() && used_ == 0 && nothing_waits() && order_.empty() && !mark_; }
  void end() override {
    guarded([this] { request_.close(); });
    operator_base::end();
  }

  /// How many records have not left, those that wait in their batch excepted.
  std::size_t in_flight() const { return used_; }

 protected:
  void process(batch_ref& b) override {
    std::swap(b, rest_);  // the caller gets an emptied one in return: its own where all of it is taken now
    next_ = 0;
    go_on();
    if (rest_is_done()) std::swap(b, rest_);
  }
  void look(std::chrono::nanoseconds) override {
    box_->take(answered_);
    for (auto* const a : answered_) take_word(slots_[a->slot]);
    answered_.clear();
    auto const now = context().clock->now();
    while (auto const s = deadlines_.take(now)) time_out(slots_[*s]);
    while (auto const s = retries_.take(now)) ask(slots_[*s]);
    go_on();
  }
  bool continue_output() override { return advance(); }

 private:
  static constexpr std::uint64_t unused = std::numeric_limits<std::uint64_t>::max();
  struct slot {
    stored_request<record> request;
    std::uint64_t number = unused;  // which record of the subtask it is
    std::uint32_t index = 0;
    std::uint32_t attempts = 0;
    attempt* current = nullptr;     // that is under way
    bool has_deadline = false;
    std::uint32_t follower = none, last_follower = none;  // a list of those that wait for the same answer
    std::optional<error> failure;
    detail::answer_records<answer> answers;
  };
  using what_leaves = typename detail::release_order::leaving::what;

  bool full() const { return used_ >= static_cast<std::size_t>(options_.in_flight); }
  bool rest_is_done() const { return !rest_ || next_ >= rest_->size(); }
  bool nothing_waits() const { return restored_taken_ && next_restored_ == restored_.size() && rest_is_done(); }

  // ---- the flow of records: in as far as there are slots, out as far as the order and the receivers allow

  void go_on() {
    if (!advance()) suspend();
  }
  /// False when the receivers take no more.
  bool advance() {
    take_restored();
    now_ = context().clock->now();
    movable_ = rest_ && rest_.unique();
    bool done = false;
    while ((done = release()) && !full() && admit_next()) {
    }
    flush();
    give_up_rest();
    if (deadlines_.has_new()) deadlines_.start(context().clock->now() + options_.timeout);
    look_at(std::min(deadlines_.next(), retries_.next()));
    return done;
  }
  /// A batch all of which has been taken is emptied, or left to those who hold it too.
  void give_up_rest() {
    if (!rest_ || !rest_is_done()) return;
    if (rest_.unique()) rest_->clear();
    else rest_ = {};
  }
  void take_restored() {
    if (!std::exchange(restored_taken_, true)) restored_ = std::exchange(*declared_, {});
  }
  bool admit_next() {
    if (next_restored_ < restored_.size()) {
      auto& r = restored_[next_restored_++];
      admit(r.record, r.at, r.has_time, true);
      if (next_restored_ == restored_.size()) {
        restored_ = {};
        next_restored_ = 0;
      }
      return true;
    }
    if (rest_is_done()) return false;
    auto const i = next_++;
    admit(as<record>(*rest_)[i], time_of(i), rest_->has_timestamps(), movable_);
    return true;
  }
  timestamp time_of(std::uint32_t i) const { return rest_->has_timestamps() ? rest_->timestamps()[i] : no_watermark; }
  stored_request<record> waiting(std::uint32_t i) const { return {as<record>(*rest_)[i], time_of(i), rest_->has_timestamps()}; }

  void admit(record& r, timestamp at, bool has_time, bool movable) {
    detail::answer_records<answer> const* known = nullptr;
    if constexpr (by_key) {
      if (cache_) known = guarded_for(r, [&] { return cache_->find(request_.key_of_record(r), now_); });
      if (known && order_.lets_pass()) return give(r, *known, at, has_time);
    }
    slot& s = take_slot();
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
  slot& take_slot() {
    std::uint32_t index = static_cast<std::uint32_t>(slots_.size());
    if (free_.empty()) slots_.emplace_back().index = index;
    else {
      index = free_.back();
      free_.pop_back();
    }
    ++used_;
    slots_[index].number = next_number_++;
    return slots_[index];
  }
  void free_slot(slot& s) {
    s.number = unused;
    s.attempts = 0;
    s.failure.reset();
    s.answers.clear();
    free_.push_back(s.index);
    --used_;
  }

  // ---- requests

  void ask(slot& s) {
    attempt& a = begin_attempt(s);
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
  attempt& begin_attempt(slot& s) {
    attempt* a = spare_.empty() ? nullptr : spare_.pop();
    if (a && !a->is_free()) {  // a reply is still held somewhere
      a->release();
      a = nullptr;
    }
    if (!a) a = new attempt(box_);
    a->answer.clear();
    a->begin(s.index);
    ++s.attempts;
    return *(s.current = a);
  }
  /// There is a word on the request.
  void take_word(slot& s) {
    if (std::exchange(s.has_deadline, false)) deadlines_.remove(s.index);
    attempt& a = *std::exchange(s.current, nullptr);
    auto failure = std::move(a.failure);
    if (!failure) std::swap(s.answers, a.answer);
    spare_.push(&a);
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
      slot& asking = slots_[first];
      (asking.follower == none ? asking : slots_[asking.last_follower]).follower = s.index;
      asking.last_follower = s.index;
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
    for (auto next = std::exchange(s.follower, none); next != none;) {
      slot& follower = slots_[next];
      follower.failure = s.failure;
      follower.answers = s.answers;
      follower.attempts = s.attempts;
      order_.answered(next);
      next = std::exchange(follower.follower, none);
    }
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
    flush();
    if (holds_batches() || !outputs_ready()) return false;
    auto const mark = *std::exchange(mark_, {});
    if (mark.is == what_leaves::watermark) forward_watermark(mark.at);
    else operator_base::idle();
    return true;
  }
  void leave(slot& s) {
    auto& r = s.request;
    if (s.failure && !instead_) divert(s);
    else {
      if (s.failure) s.answers.set(guarded_for(r.record, [&] { return instead_({r.record, s.failure->message(), s.attempts}); }));
      give(r.record, s.answers, r.at, r.has_time);
    }
    free_slot(s);
  }
  template <class Answers>
  void give(record const& r, Answers& answers, timestamp at, bool has_time) {
    begin_output(has_time);
    bool const used = guarded_for(r, [&] { return request_.give(r, answers, out_, at); });
    (used ? processed_ : filtered_) += 1;
  }
  void divert(slot& s) {
    begin_output(s.request.has_time);
    failed_.emit({std::move(s.request.record), s.failure->message(), s.attempts}, s.request.at);
    ++processed_;
  }
  void begin_output(bool stamped) {
    if (stamped == stamped_) return;
    flush();
    stamped_ = stamped;
    out_.begin(stamped);
    if (options_.divert) failed_.begin(stamped);
  }
  void flush() {
    out_.flush();
    if (options_.divert) failed_.flush();
    counters().processed.add(std::exchange(processed_, 0));
    counters().filtered.add(std::exchange(filtered_, 0));
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
  std::shared_ptr<detail::answer_box> box_;
  std::vector<detail::attempt_base*> answered_;  // empty but in `look`
  detail::ring<attempt*> spare_;

  std::vector<slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t used_ = 0;
  std::uint64_t next_number_ = 0;
  detail::release_order order_;
  std::optional<detail::release_order::leaving> mark_;  // it leaves next, when the receivers take it
  detail::deadline_list deadlines_;
  detail::retry_queue retries_;
  std::optional<typename detail::cache_of<Request>::type> cache_;

  bool restored_taken_ = false;
  std::vector<stored_request<record>> restored_;  // to be asked for first
  std::size_t next_restored_ = 0;
  batch_ref rest_;  // what the slots did not suffice for
  std::uint32_t next_ = 0;
  bool movable_ = false;
  std::chrono::nanoseconds now_{0};  // of the call

  output<out> out_;
  output<failed_record<record>> failed_;
  bool stamped_ = false;
  std::uint64_t processed_ = 0, filtered_ = 0;
  counter_metric retried_, timed_out_;
};

}  // namespace flow
