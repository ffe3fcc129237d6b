#include <flow/error.hpp>

#include <cerrno>
#include <cstring>

namespace flow {

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
