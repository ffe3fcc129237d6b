#pragma once
// The contract of a source.
//
// A source is read in splits: a file, a partition, a range. One `split_enumerator` per job finds them, once or again and
// again; each subtask has one `reader` that is given some of them. A connector hands the engine a `flow::source<T>`, a value that can make both.
//
//   * Every method of a reader is called by one task at a time, never concurrently; `wake` alone may be called from any
//     thread, also after the reader is gone.
//   * `poll` must not wait unless the source says `blocking`; then its task has a thread of its own, and `poll` should
//     still return at least every 100 ms, with `nothing`, so that the task can look at control messages.
//   * One poll appends records of one split only. It appends at most `into.room()` records and sets no columns.
//   * A position names the next record to read: after `seek(split, position(split))` the reader delivers exactly the
//     records that it would have delivered next. It is an opaque text of the connector's own, stored in snapshots, so an
//     old one must stay readable.
//   * Errors are thrown as `flow::error`; the engine adds the operator's name. Nothing is skipped silently: input that is
//     no record is an error, or goes to `connector_context::divert` where the source was made with that policy.
//   * What a user is told of the progress: the enumerator says how large a split is, where it knows (`split::bytes` or
//     `split::records`); the reader says how many bytes it has read (`bytes_read`). Records are counted by the engine.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <flow/batch.hpp>

namespace flow {

class sink_log;      // flow/sink_log.hpp
class logged_parts;

/// Input that is no record.
struct bad_record {
  std::string file;          // or what else the input is called
  std::uint64_t line = 0;    // or its number; from 1
  std::uint64_t column = 0;  // of what is wrong, in bytes, from 1; 0 where there are no columns
  std::string reason;        // "expected ..., found ..."
  std::string text;          // how it begins: UTF-8, at most `most_text_bytes`

  static constexpr std::size_t most_text_bytes = 1024;
  bool operator==(bad_record const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(file), CEREAL_NVP(line), CEREAL_NVP(column), CEREAL_NVP(reason), CEREAL_NVP(text));
  }
};

/// What a source does at input that is no record.
enum class bad_record_policy {
  fail,    // the job fails
  divert,  // it is counted and goes to the stream's `bad_records()`; the source reads on
};

/// A part of a source. `id` is the same in every run; an empty `position` means the beginning.
struct split {
  std::string id;
  std::string position;
  /// How much there is to read from the position on: bytes, as `reader::bytes_read` counts them, or where there are none,
  /// records. Set by the enumerator where the split has an end that is known. Not stored.
  std::optional<std::uint64_t> bytes{}, records{};

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(id), CEREAL_NVP(position));
  }
};

/// What a reader or writer may know of its surroundings.
struct connector_context {
  std::string operator_name;
  std::uint32_t subtask = 0;
  std::uint32_t parallelism = 1;
  /// Whether the job has checkpoints, and which start of the job this is: a number that rises with each, over all processes
  /// that continue the same snapshots.
  bool checkpoints = false;
  std::uint64_t attempt = 1;
  /// Of a committer that recovers: what is restored may be older than what has been published, and the user takes the duplicates.
  bool accept_duplicates = false;
  /// Makes the engine poll (or write) again soon; for the callbacks of client libraries. Callable from any thread.
  std::function<void()> wake = [] {};
  /// Time of the machine, for rates and time-outs; outlives the reader.
  flow::clock const* clock = nullptr;
  /// Of a reader whose source diverts: takes input that is no record, during `poll`, at most `into.capacity()` in one.
  /// Empty where such input is to be thrown as an error.
  std::function<void(bad_record)> divert{};
  /// Of a sink with `log_bytes`: where its writer logs, and where its committer reads.
  sink_log* log = nullptr;
  logged_parts const* logged = nullptr;
};

enum class poll_status {
  records,    // some were appended; poll again
  nothing,    // none now; poll again after `retry_after`, or when `wake` was called
  split_end,  // `split` has ended; records appended by the same poll still count
};

struct poll_result {
  poll_status status = poll_status::nothing;
  /// Which split the records are of, or which ended: its number as given to `assign`.
  std::uint32_t split = 0;
  /// With `nothing`: how long until another poll is worth while; unset when `wake` will tell.
  std::optional<std::chrono::nanoseconds> retry_after{};
};

template <class T>
class reader {
 public:
  virtual ~reader() = default;
  /// Called once, before anything else.
  virtual void open(connector_context const&) {}
  /// Takes a split on, at its position; also while others are being read. The engine numbers the splits of a subtask;
  /// numbers are not used again.
  virtual void assign(std::uint32_t number, split const& assigned) = 0;
  virtual poll_result poll(batch<T>& into) = 0;
  /// Where the split stands, for `split::position`.
  virtual std::string position(std::uint32_t number) const = 0;
  /// Continues the split at a position that `position` gave, of this reader or another.
  virtual void seek(std::uint32_t number, std::string const& position) = 0;
  /// Whether the split is being read. One that waits its turn behind others holds the watermark and does not become idle.
  virtual bool reading(std::uint32_t) const { return true; }
  /// A paused split must not be read until it is resumed: it is too far ahead of the others in event time.
  virtual void pause(std::uint32_t number, bool paused) = 0;
  /// Bytes consumed from outside so far, of all splits: as they lie there, so of a compressed file the compressed ones.
  /// Never less than before. Asked once per poll.
  virtual std::uint64_t bytes_read() const { return 0; }
  /// The split has ended and nothing more will be asked of it: what is kept for it can go.
  virtual void release(std::uint32_t) {}
};

/// Finds the splits of a source. Lives beside the job's supervisor, which waits for each call: one that has much to do
/// divides it (`look_again`). What has been found is its state; which of it has been read is not its business.
class split_enumerator {
 public:
  virtual ~split_enumerator() = default;
  /// Called once, before anything but `restore`; of the context, name, parallelism and clock count.
  virtual void open(connector_context const&) {}
  /// The splits found since the last call, in the order in which they are to be read. Throws `flow::error` when there is
  /// nothing to read where something was named.
  virtual std::vector<split> discover() = 0;
  /// When to call `discover` again. Unset: all has been found. 0: the look is not finished, the rest of it is to follow
  /// at once; after the first call this says that nothing is known yet.
  virtual std::optional<std::chrono::nanoseconds> look_again() const { return {}; }
  /// Whether a subtask is given one split at a time, the next when it has read that one. Otherwise splits are dealt out
  /// as they are found, and readers read all they have side by side.
  virtual bool on_request() const { return false; }
  /// Whether the splits, in their order, are in the order of event time. If not, ones that wait hold the watermark.
  virtual bool in_time_order() const { return false; }
  /// What has been found, as text, for snapshots. An enumerator to which `restore` gives it finds what is not in it.
  virtual std::string position() const { return {}; }
  virtual void restore(std::string const&) {}
};

/// What a connector gives to `job.source`.
template <class T>
struct source {
  using record_type = T;
  std::function<std::unique_ptr<split_enumerator>()> make_enumerator;
  std::function<std::unique_ptr<reader<T>>()> make_reader;
  /// Polls may wait: the task gets a thread of its own.
  bool blocking = false;
  bad_record_policy on_bad_record = bad_record_policy::fail;

  source<T> make() const { return *this; }
};

/// Anything with a `record_type` and a `make()` that gives a `flow::source` of it is a source.
template <class S>
concept source_like = requires(S const& s) {
  typename S::record_type;
  { s.make() } -> std::convertible_to<source<typename S::record_type>>;
};

}  // namespace flow
