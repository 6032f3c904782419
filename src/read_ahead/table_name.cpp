#include "s3proxy/read_ahead/table_name.hpp"

#include <algorithm>
#include <array>

namespace s3proxy::read_ahead {
namespace {

bool ends_with_any(std::string_view key, auto const& endings) {
  return std::ranges::any_of(endings, [&](std::string_view ending) { return key.ends_with(ending); });
}

}  // namespace

std::string_view table_of(std::string_view key) {
  auto const directory = key.rfind('/');
  if (directory == std::string_view::npos) {
    return {};
  }
  for (std::size_t begin = 0; begin <= directory;) {
    auto const end = key.find('/', begin);
    if (key.substr(begin, end - begin).find('=') != std::string_view::npos) {
      return key.substr(0, begin);
    }
    begin = end + 1;
  }
  return key.substr(0, directory + 1);
}

format format_of(std::string_view key) {
  constexpr std::array<std::string_view, 3> parquet{".parquet", ".parq", ".pq"};
  constexpr std::array<std::string_view, 5> columnar{".orc", ".arrow", ".feather", ".ipc", ".lance"};
  if (ends_with_any(key, parquet)) {
    return format::parquet;
  }
  return ends_with_any(key, columnar) ? format::columnar : format::other;
}

}  // namespace s3proxy::read_ahead
