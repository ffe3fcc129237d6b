#pragma once
// Publishes what `rolled_parts` has prepared, by renaming.

#include <string>
#include <vector>

#include "growing_file.hpp"
#include "pending_part.hpp"

#include <flow/file/detail/part_output.hpp>

namespace flow::file::detail {

class part_committer final : public committer {
 public:
  part_committer(output_settings settings, std::string extension);

  void open(connector_context const& context) override;
  /// Renames closed files; open ones are left for a later checkpoint.
  void commit(std::span<bytes const> committables) override;
  /// Publishes closed files, and open ones up to the length that was prepared; then removes the sink's other hidden files. A first
  /// start with earlier results of the sink is refused, unless they may be overwritten: then they are removed.
  void recover(std::span<bytes const> committables) override;

 private:
  std::string path(std::string const& name) const { return settings_.folder + '/' + name; }
  void publish(pending_part const& part) const;
  void cut(pending_part const& part) const;
  void remove_earlier_results(std::vector<std::string> const& names) const;
  void remove_hidden(std::vector<std::string> const& names) const;
  std::vector<std::string> names_in_folder() const;

  output_settings const settings_;
  std::string const extension_;
  part_names names_;
  std::uint64_t attempt_ = 0;
  bool accept_duplicates_ = false;
};

}  // namespace flow::file::detail
