#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace s3proxy::observe {

/// A page of metrics in Prometheus' text format, version 0.0.4: families, each with its samples behind it.
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
class exposition {
 public:
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

  enum class kind { counter, gauge };
  struct label {
    std::string_view name;
    std::string_view value;  ///< any bytes; escaped here
  };

  /// Begins a family; `name` and `help` are ours, on one line.
  void family(std::string_view name, kind what, std::string_view help);
  /// One number of the family begun last.
  void sample(std::uint64_t value, std::initializer_list<label> labels = {});
  /// A family of one number.
  void single(std::string_view name, kind what, std::string_view help, std::uint64_t value) {
    family(name, what, help);
    sample(value);
  }

  std::string const& text() const { return text_; }

 private:
  std::string text_;
  std::string_view name_;
};

}  // namespace s3proxy::observe
