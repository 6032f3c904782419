#include "s3proxy/observe/exposition.hpp"

namespace s3proxy::observe {
namespace {

void append_escaped(std::string& out, std::string_view value) {
  for (auto const c : value) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '"' || c == '\\') {
      out.append("\\").append(1, c);
    } else {
      out += c;
    }
  }
}

}  // namespace

void exposition::family(std::string_view name, kind what, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name);
  text_.append(what == kind::counter ? " counter\n" : " gauge\n");
}

void exposition::sample(std::uint64_t value, std::initializer_list<label> labels) {
  text_.append(name_);
  std::string_view before = "{";
  for (auto const& one : labels) {
    text_.append(before).append(one.name).append("=\"");
    append_escaped(text_, one.value);
    text_ += '"';
    before = ",";
  }
  text_.append(labels.size() > 0 ? "} " : " ").append(std::to_string(value)).append("\n");
}

}  // namespace s3proxy::observe
