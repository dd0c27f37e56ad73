#pragma once

#include "engineio/net/compress.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace engineio::net {

/// A body that is sent many times and never changes, such as a file: compressed at most once per
/// encoding, when the first client asks for it. Owned by whoever serves it. Any thread.
class EncodedBody {
public:
    explicit EncodedBody(std::string identity)
        : identity_(std::make_shared<std::string const>(std::move(identity))) {}

    std::string const& identity() const { return *identity_; }
    /// The body in `encoding`, shared with whoever is sending it.
    std::shared_ptr<std::string const> as(ContentEncoding encoding) const;

private:
    using Form = std::shared_ptr<std::string const>;

    Form const identity_;
    mutable std::mutex mutex_;  // guards the two below until they are filled
    mutable Form gzip_;
    mutable Form deflate_;
};

}  // namespace engineio::net
