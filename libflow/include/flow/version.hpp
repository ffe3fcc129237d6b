#pragma once
// The version of libflow. What versions promise each other: libflow/doc/abi.md. CMake reads it from here.

#include <string_view>

namespace flow {

inline constexpr int version_major = 0;
inline constexpr int version_minor = 1;
inline constexpr int version_patch = 0;
inline constexpr std::string_view version = "0.1.0";

}  // namespace flow
