#include <cerrno>

#include "snapshot/rocksdb_store.hpp"

namespace flow::detail {
namespace {

/// RocksDB keeps of errno little but its text.
int errno_of(rocksdb::Status const& status, std::string const& text) {
  struct known {
    char const* text;
    int number;
  };
  static constexpr known texts[] = {
      {"No space left on device", ENOSPC}, {"Disk quota exceeded", EDQUOT},   {"Permission denied", EACCES},
      {"Read-only file system", EROFS},    {"File too large", EFBIG},         {"Too many open files", EMFILE},
      {"Not a directory", ENOTDIR}};
  for (auto const& k : texts)
    if (text.find(k.text) != std::string::npos) return k.number;
  if (status.IsNoSpace()) return ENOSPC;
  return 0;
}

bool is_locked(std::string const& text) {
  return text.find("lock hold by current process") != std::string::npos ||
         (text.find("lock file") != std::string::npos && text.find("Resource temporarily unavailable") != std::string::npos);
}

}  // namespace

error to_error(rocksdb::Status const& status, std::string const& doing, std::string const& directory) {
  std::string const text = status.ToString();
  std::string const what = "cannot " + doing + " in '" + directory + "'";
  if (is_locked(text))
    return {error_code::io, what + ": another job is using them; wait for it to end, cancel it, or name another directory"};
  if (int const number = errno_of(status, text)) return system_error(number, what);
  bool const missing = status.IsPathNotFound() || text.find("No such file or directory") != std::string::npos;
  if (missing || status.IsCorruption())
    return {error_code::bad_record, what + ": a file of the database is " + (missing ? "missing" : "damaged") + " (" + text + "); use another checkpoint, or copy the directory anew"};
  return {error_code::io, what + ": " + text + "; check the device and the file system"};
}

}  // namespace flow::detail
