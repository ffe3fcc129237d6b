// Empty: CMake makes a precompiled header only for a target that compiles something with it, and main.cpp must not.
