#include "s3proxy/read_ahead/mode.hpp"

namespace s3proxy::read_ahead {

std::string_view to_text(mode m) {
  switch (m) {
    case mode::off:
      return "off";
    case mode::metadata:
      return "metadata";
    case mode::lean:
      return "lean";
    case mode::full:
      return "full";
  }
  return "off";
}

}  // namespace s3proxy::read_ahead
