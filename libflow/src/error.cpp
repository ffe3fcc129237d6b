#include <flow/error.hpp>

#include <cerrno>
#include <cstring>

namespace flow {

std::string_view name_of(error_code code) {
  switch (code) {
    case error_code::usage: return "usage";
    case error_code::invalid_job: return "invalid_job";
    case error_code::user_function: return "user_function";
    case error_code::bad_record: return "bad_record";
    case error_code::not_found: return "not_found";
    case error_code::permission_denied: return "permission_denied";
    case error_code::no_space: return "no_space";
    case error_code::io: return "io";
    case error_code::limit_exceeded: return "limit_exceeded";
    case error_code::cancelled: return "cancelled";
    case error_code::not_responding: return "not_responding";
    case error_code::internal: return "internal";
  }
  return "unknown";
}

error error_being_handled(std::string const& operator_name, std::string const& about) {
  std::string const called = about.empty() ? "" : "the function ", after = about.empty() ? "" : "; " + about;
  try {
    throw;
  } catch (error const& e) {
    return e.operator_name().empty() ? error(e.code(), operator_name, e.message() + after) : e;
  } catch (std::exception const& e) {
    return {error_code::user_function, operator_name, (about.empty() ? "" : "the function threw: ") + std::string(e.what()) + after};
  } catch (...) {
    return {error_code::user_function, operator_name, called + "threw something that is no std::exception" + after};
  }
}

error system_error(int error_number, std::string const& what) {
  std::string const message = what + ": " + std::strerror(error_number);
  switch (error_number) {
    case ENOENT:
    case ENOTDIR: return {error_code::not_found, message + "; check the path"};
    case EACCES:
    case EPERM:
    case EROFS: return {error_code::permission_denied, message + "; check the owner and mode of the file and its folder"};
    case ENOSPC:
    case EDQUOT: return {error_code::no_space, message + "; free some space or choose another device"};
    case EFBIG: return {error_code::no_space, message + "; raise the limit on the size of files (ulimit -f) or divide the output"};
    case EMFILE:
    case ENFILE: return {error_code::io, message + "; raise the limit on open files (ulimit -n)"};
    default: return {error_code::io, message + "; check the device and the file system"};
  }
}

}  // namespace flow
