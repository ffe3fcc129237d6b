#pragma once
// Wrong on purpose: <vector> is missing. The test of public headers has to find this.
inline std::vector<int> const numbers{};
