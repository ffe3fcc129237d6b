#pragma once
// Memory for the segments of a table: pieces cut from chunks and recycled by size, in steps of 64 bytes. A chunk of which
// every piece has been given back goes back to where it came from.
//
// A small arena asks the operating system for ordinary pages: a first touch then costs a microsecond or so per 4 KiB,
// spread over time, where touching a huge page for the first time stalls a task for milliseconds. A large one takes
// chunks that have been touched ahead from a pool, where there is one.

#include <cstddef>
#include <vector>

#include <flow/state/chunks.hpp>

namespace flow {

class arena {
 public:
  /// `chunks` outlives the arena; null: ordinary pages only.
  explicit arena(chunk_pool* chunks = nullptr) : pool_(chunks) {}
  ~arena();
  arena(arena const&) = delete;
  arena& operator=(arena const&) = delete;

  /// Memory of at least `size` bytes, aligned to 64. Amortised O(1).
  void* allocate(std::size_t size);
  /// Takes back what `allocate(size)` gave. O(log chunks), and O(pieces of the chunk) when it was the last of its chunk.
  void release(void* memory, std::size_t size);
  /// Bytes held from the operating system.
  std::size_t held() const { return held_; }

 private:
  /// A piece that has been given back, in the list of those of its size.
  struct free_block {
    free_block* next;
    free_block* before;
    std::size_t size;
  };
  struct chunk {
    std::byte* memory;
    std::size_t size;
    bool pooled;
    std::size_t cut = 0;   // bytes that pieces were cut of, from its beginning
    std::size_t used = 0;  // bytes of pieces that are in use
  };
  static std::size_t class_of(std::size_t size);
  std::byte* cut(std::size_t size);
  chunk& more(std::size_t size);
  chunk& chunk_of(void const* memory);
  void link(free_block* block);
  void unlink(free_block* block);
  void give_back(chunk& whole);

  chunk_pool* pool_;
  std::vector<free_block*> free_;
  std::vector<chunk> chunks_;         // in the order of their addresses
  std::byte* cutting_ = nullptr;      // in the chunk that pieces are cut from
  std::size_t held_ = 0;
};

}  // namespace flow
