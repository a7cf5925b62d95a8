// `Result<T>`: a value or the reason why there is none. The one header that knows which implementation this is; its
// interface is that of std::expected.
#pragma once

#include <tl/expected.hpp>

namespace sluice::ofmsg {

struct CodecError;

template <class T, class E = CodecError>
using Result = tl::expected<T, E>;

template <class E>
using Failure = tl::unexpected<E>;

}  // namespace sluice::ofmsg
