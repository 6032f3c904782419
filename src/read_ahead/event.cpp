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

std::string to_text(guess const& g) {
  return std::to_string(g.number) + " " + g.file.key.str() + " [" + std::to_string(g.span.begin) + ", " +
         std::to_string(g.span.end) + ") " + std::string(to_text(g.kind));
}

}  // namespace s3proxy::read_ahead
