#pragma once
// Temporary folders, records and small drivers for the tests of the file connector.

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <flow/error.hpp>
#include <flow/file.hpp>

namespace file_test {

class temporary_folder {
 public:
  temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "flow-file-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  temporary_folder(temporary_folder const&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(std::string const& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }
  std::string write(std::string const& name, std::string const& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return *this / name;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (auto const& entry : std::filesystem::directory_iterator(path_)) found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  std::filesystem::path path_;
};

inline std::string content_of(std::string const& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct flight {
  flow::timestamp left_at{};
  std::string origin{};
  int delay = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::make_nvp("date", left_at), CEREAL_NVP(origin), CEREAL_NVP(delay));
  }
  bool operator==(flight const&) const = default;
};

template <class Source>
auto open_reader(Source const& source, std::string const& path, std::string const& position = {}) {
  auto reader = source.make().make_reader();
  reader->open({});
  reader->assign(0, {path, position});
  return reader;
}

/// All that a reader still delivers.
template <class T>
std::vector<T> drain(flow::reader<T>& reader, std::uint32_t capacity = 16) {
  std::vector<T> records;
  flow::batch<T> batch(capacity);
  for (auto status = flow::poll_status::records; status != flow::poll_status::split_end;) {
    status = reader.poll(batch).status;
    std::move(batch.begin(), batch.end(), std::back_inserter(records));
    batch.clear();
  }
  return records;
}

template <class Source>
auto read_all(Source const& source, std::string const& path, std::string const& position = {}) {
  return drain(*open_reader(source, path, position));
}

/// What reading all of a file says against it; empty when it says nothing.
template <class Source>
std::string complaint(Source const& source, std::string const& path, std::optional<flow::error_code> code = {}) {
  try {
    read_all(source, path);
  } catch (flow::error const& e) {
    if (code && e.code() != *code) return "(another code: " + std::string(name_of(e.code())) + ") " + e.what();
    return e.what();
  }
  return {};
}

/// What a call throws.
template <class F>
std::string complaint_of(F call) {
  try {
    call();
  } catch (flow::error const& e) {
    return std::string(name_of(e.code())) + ": " + e.what();
  }
  return {};
}

template <class T>
void write_records(flow::writer<T>& writer, std::vector<T> const& records) {
  flow::batch<T> batch(static_cast<std::uint32_t>(records.size()));
  for (auto const& record : records) batch.emplace_back(record);
  writer.write(batch);
}

}  // namespace file_test
