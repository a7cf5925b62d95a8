// Values that many keep and nobody changes.
#pragma once

#include <memory>
#include <utility>

namespace sluice::slicing {

// A value that all copies share. Without one it is T's default.
template <class T>
class Shared {
 public:
  Shared() = default;

  Shared(T value)  // NOLINT(google-explicit-constructor): it is one
      : value_{std::make_shared<const T>(std::move(value))} {}

  [[nodiscard]] const T& operator*() const {
    static const T nothing{};
    return value_ == nullptr ? nothing : *value_;
  }

  friend bool operator==(const Shared& a, const Shared& b) { return a.value_ == b.value_ || *a == *b; }

 private:
  std::shared_ptr<const T> value_;
};

}  // namespace sluice::slicing
