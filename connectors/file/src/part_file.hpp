#pragma once
// One subtask's file of a folder of results, without checkpoints: `part-<subtask>.<extension>`.
//
// It is written as `.part-<subtask>.<extension>.in-progress` and gets its name when it is published: a reader of the
// folder never sees half a file. Calls after the first of `finish` and `publish` do nothing; `abandon` removes what is not
// published; what is neither published nor abandoned stays as the in-progress file, which the next run replaces. A folder with
// part files of an earlier run is refused, unless it may be overwritten: then they are replaced or removed when this run publishes.

#include "growing_file.hpp"

#include <flow/file/detail/part_output.hpp>

namespace flow::file::detail {

class part_file final : public part_output {
 public:
  part_file(output_settings settings, std::string extension);

  /// Creates the folder and the in-progress file.
  void open(connector_context const& context) override;
  void begin_file() override { in_file_ = true; }
  void flush() override;
  /// Makes everything durable, not yet visible.
  void finish() override;
  void publish() override;
  void abandon() noexcept override;

 private:
  enum class stage { unopened, writing, finished, published, abandoned };

  void refuse_earlier_parts() const;
  void remove_surplus_parts() const;

  output_settings const settings_;
  std::string const extension_;
  std::string name_{};
  std::uint32_t subtask_ = 0, parallelism_ = 1;
  stage stage_ = stage::unopened;
  growing_file file_;
};

}  // namespace flow::file::detail
