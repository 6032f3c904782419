#pragma once

#include "s3proxy/proxy/speculator.hpp"

#include "support/columnar_object.hpp"
#include "support/world.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace s3proxy::test {

/// Whether it holds within ten seconds of real time.
template <class Condition>
bool soon(Condition const& holds) {
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  return holds();
}

/// A path of the table `/buc/t/`.
inline std::string path_of(int n) {
  return std::string("/buc/t/") + (n < 10 ? "0" : "") + std::to_string(n) + ".parquet";
}

/// A world with a table of `count` files that are alike.
struct table_world : world {
  explicit table_world(choices with = {.read_ahead = {.mode = read_ahead::mode::full}}, int count = 12,
                       columnar_object like = {.row_groups = 4})
      : world(std::move(with)), file(like), object(file.object()) {
    for (int n = 0; n < count; ++n) {
      origin.put(path_of(n), object);
    }
  }

  answer read(int n, base::byte_span span) { return ask(reading(n, span)); }
  static request reading(int n, base::byte_span span) {
    return {"GET",
            path_of(n),
            {{"Range", "bytes=" + std::to_string(span.begin) + "-" + std::to_string(span.end - 1)}}};
  }
  answer read_footer(int n) { return get_range(path_of(n), "bytes=-65536"); }
  std::string footer_read() const { return object.body.substr(object.body.size() - 65536); }

  std::vector<received> speculated() const {
    auto all = origin.requests();
    std::erase_if(all, is_demand);
    return all;
  }
  bool fetches_nothing_soon() {
    return soon([&] { return proxy->services().open_fills == 0; });
  }
  /// Time passes for those who read ahead.
  void pass(std::chrono::milliseconds time) {
    clock.advance(time);
    proxy->services().ahead->tick();
  }

  columnar_object file;
  scripted_origin::object object;  ///< each file as the origin has it
};

}  // namespace s3proxy::test
