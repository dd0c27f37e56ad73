#pragma once

#include "engineio/net/compress.hpp"

#include <mutex>
#include <string>

namespace engineio::net {

/// A body that is sent many times and never changes, such as a file: compressed at most once per
/// encoding, when the first client asks for it. Owned by whoever serves it. Any thread.
class EncodedBody {
public:
    explicit EncodedBody(std::string identity) : identity_(std::move(identity)) {}

    std::string const& identity() const { return identity_; }
    /// The body in `encoding`. The reference stays valid as long as this object.
    std::string const& as(ContentEncoding encoding) const;

private:
    std::string const identity_;
    mutable std::mutex mutex_;  // guards the two below until they are filled
    mutable std::string gzip_;
    mutable std::string deflate_;
};

}  // namespace engineio::net
