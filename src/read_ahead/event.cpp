#include "s3proxy/read_ahead/event.hpp"

namespace s3proxy::read_ahead {

std::string_view to_text(guess_kind k) {
  switch (k) {
    case guess_kind::tail:
      return "tail";
    case guess_kind::column:
      return "column";
    case guess_kind::neighbourhood:
      return "neighbourhood";
    case guess_kind::sequence:
      return "sequence";
    case guess_kind::index:
      return "index";
    case guess_kind::whole:
      return "whole";
  }
  return "tail";
}

std::string_view to_text(no_layout why) {
  switch (why) {
    case no_layout::not_columnar:
      return "not_columnar";
    case no_layout::encrypted:
      return "encrypted";
    case no_layout::too_long:
      return "too_long";
    case no_layout::too_many_chunks:
      return "too_many_chunks";
    case no_layout::too_deep:
      return "too_deep";
    case no_layout::malformed:
      return "malformed";
    case no_layout::overlapping:
      return "overlapping";
    case no_layout::elsewhere:
      return "elsewhere";
    case no_layout::empty:
      return "empty";
  }
  return "malformed";
}

std::string to_text(guess const& g) {
  return std::to_string(g.number) + " " + g.file.key.str() + " [" + std::to_string(g.span.begin) + ", " +
         std::to_string(g.span.end) + ") " + std::string(to_text(g.kind));
}

}  // namespace s3proxy::read_ahead
