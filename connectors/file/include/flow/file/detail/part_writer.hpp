#pragma once
// The writer and the options of all sinks that write part files. `Format` appends records to a buffer:
//   static constexpr char const* extension
//   explicit Format(std::string time_format)
//   void begin(std::string& out)             what a file begins with
//   void append(std::string& out, T const&)  one record

#include <memory>
#include <string>
#include <utility>

#include <flow/error.hpp>
#include <flow/file/detail/part_output.hpp>
#include <flow/sink.hpp>

namespace flow::file::detail {

template <class T, class Format>
class part_writer final : public writer<T> {
 public:
  explicit part_writer(output_settings const& settings) : settings_(settings), format_(settings.time_format) {}

  void open(connector_context const& context) override {
    output_ = make_part_output(settings_, Format::extension, context.checkpoints);
    output_->open(context);
    if (!context.checkpoints) begin_file();  // one without records is a result too
  }
  void write(batch<T> const& records) override {
    output_->before_records();
    for (auto const& record : records) {
      if (!output_->in_file()) [[unlikely]] begin_file();
      format_.append(output_->buffer(), record);
      output_->appended();
    }
  }
  void flush() override { output_->flush(); }
  void finish() override { output_->finish(); }
  std::vector<bytes> prepare(checkpoint_id checkpoint) override { return output_->prepare(checkpoint); }
  void publish() override { output_->publish(); }
  void abandon() noexcept override {
    if (output_) output_->abandon();
  }
  std::uint64_t bytes_written() const override { return output_ ? output_->bytes_given() : 0; }

 private:
  void begin_file() {
    output_->begin_file();
    format_.begin(output_->buffer());
  }

  output_settings settings_;
  Format format_;
  std::unique_ptr<part_output> output_;
};

/// The options that all sinks of part files share. Each returns a changed copy.
template <class Sink>
class part_options {
 public:
  /// How times are written, in strftime's terms, in UTC; without it ISO 8601.
  [[nodiscard]] Sink time_format(std::string format) const {
    return changed([&](output_settings& s) { s.time_format = std::move(format); });
  }
  /// Replaces the part files of an earlier run, when this one publishes its own. With checkpoints they are removed when the job
  /// starts afresh.
  [[nodiscard]] Sink overwrite() const {
    return changed([&](output_settings& s) { s.overwrite = true; });
  }
  // With checkpoints, when a file ends; it is published by the checkpoint after that. 0: never for this reason.
  /// At so many bytes or, at most a record, more: 128 MiB unless set.
  [[nodiscard]] Sink roll_bytes(std::uint64_t bytes) const {
    return changed([&](output_settings& s) { s.roll.bytes = bytes; });
  }
  /// So long after its first record, as soon as the sink is at work: a minute unless set. Throws `flow::error` (usage) below 0.
  [[nodiscard]] Sink roll_after(std::chrono::nanoseconds age) const {
    return changed([&](output_settings& s) { s.roll.age = checked(age, "roll_after"); });
  }
  /// So long after its last record: a minute unless set. Throws `flow::error` (usage) below 0.
  [[nodiscard]] Sink roll_when_inactive(std::chrono::nanoseconds time) const {
    return changed([&](output_settings& s) { s.roll.inactivity = checked(time, "roll_when_inactive"); });
  }
  /// With each checkpoint: results are visible as soon as can be, in more and smaller files.
  [[nodiscard]] Sink roll_on_checkpoint() const {
    return changed([&](output_settings& s) { s.roll.every_checkpoint = true; });
  }
  /// Writes by other means than write(2), with its contract: for tests of full devices.
  [[nodiscard]] Sink write_by(std::function<ssize_t(int, void const*, std::size_t)> write_bytes) const {
    return changed([&](output_settings& s) { s.write_bytes = std::move(write_bytes); });
  }

 protected:
  explicit part_options(std::string folder) { settings_.folder = std::move(folder); }
  output_settings settings_{};

 private:
  static std::chrono::nanoseconds checked(std::chrono::nanoseconds time, char const* option) {
    if (time.count() < 0) throw error(error_code::usage, std::string("a file sink's ") + option + "(time): expected at least 0, which is never");
    return time;
  }
  template <class F>
  Sink changed(F change) const {
    Sink copy = static_cast<Sink const&>(*this);
    change(static_cast<part_options&>(copy).settings_);
    return copy;
  }
};

template <class T, class Format>
sink<T> make_part_sink(output_settings const& settings) {
  sink<T> made;
  made.make_writer = [settings] { return std::make_unique<part_writer<T, Format>>(settings); };
  made.blocking = true;
  made.make_committer = [settings] { return make_part_committer(settings, Format::extension); };
  made.committable_schema = part_committable_schema();
  return made;
}

}  // namespace flow::file::detail
