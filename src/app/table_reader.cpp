#include "table_reader.hpp"

#include "s3proxy/app/option_table.hpp"

#include <algorithm>

namespace s3proxy::app {

std::string table_reader::unknown(std::string_view key) const {
  auto sentence = "is not a key of " + std::string(called_);
  if (std::ranges::find(option_table(), key, file_key) != option_table().end()) {
    // TOML's commonest trap: what stands below a table's header belongs to that table.
    return sentence + "; it is one of the whole file, and belongs above the first [[...]]";
  }
  if (auto const meant = nearest(key, asked_)) {
    return sentence + "; did you mean " + std::string(*meant) + "?";
  }
  sentence += "; allowed:";
  for (auto const known : asked_) {
    sentence += (known == asked_.front() ? " " : ", ") + std::string(known);
  }
  return sentence;
}

}  // namespace s3proxy::app
