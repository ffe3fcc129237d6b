#pragma once
// The writer of all sinks that write part files. `Format` appends records to a buffer:
//   static constexpr char const* extension
//   explicit Format(std::string time_format)
//   void begin(std::string& out)             what a file begins with
//   void append(std::string& out, T const&)  one record

#include <memory>
#include <string>
#include <utility>

#include <flow/file/detail/part_file.hpp>
#include <flow/sink.hpp>

namespace flow::file::detail {

template <class T, class Format>
class part_writer final : public writer<T> {
 public:
  explicit part_writer(output_settings const& settings) : format_(settings.time_format), file_(settings, Format::extension) {}

  void open(connector_context const& context) override {
    file_.open(context.subtask, context.parallelism);
    format_.begin(file_.buffer());
  }
  void write(batch<T> const& records) override {
    for (auto const& record : records) {
      format_.append(file_.buffer(), record);
      file_.appended();
    }
  }
  void flush() override { file_.flush(); }
  void finish() override { file_.finish(); }
  void publish() override { file_.publish(); }
  void abandon() noexcept override { file_.abandon(); }
  std::uint64_t bytes_written() const override { return file_.bytes(); }

 private:
  Format format_;
  part_file file_;
};

/// The options that all sinks of part files share. Each returns a changed copy.
template <class Sink>
class part_options {
 public:
  /// How times are written, in strftime's terms, in UTC; without it ISO 8601.
  [[nodiscard]] Sink time_format(std::string format) const {
    return changed([&](output_settings& s) { s.time_format = std::move(format); });
  }
  /// Replaces the part files of an earlier run, when this one publishes its own.
  [[nodiscard]] Sink overwrite() const {
    return changed([&](output_settings& s) { s.overwrite = true; });
  }
  /// Writes by other means than write(2), with its contract: for tests of full devices.
  [[nodiscard]] Sink write_by(std::function<ssize_t(int, void const*, std::size_t)> write_bytes) const {
    return changed([&](output_settings& s) { s.write_bytes = std::move(write_bytes); });
  }

 protected:
  explicit part_options(std::string folder) { settings_.folder = std::move(folder); }
  output_settings settings_{};

 private:
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
  return made;
}

}  // namespace flow::file::detail
