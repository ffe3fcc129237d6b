#include <flow/record/key.hpp>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace flow {

std::uint64_t hash_bytes(void const* data, std::size_t size) { return XXH3_64bits(data, size); }

}  // namespace flow
