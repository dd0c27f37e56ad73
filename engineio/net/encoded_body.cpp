#include "engineio/net/encoded_body.hpp"

namespace engineio::net {

std::shared_ptr<std::string const> EncodedBody::as(ContentEncoding encoding) const {
    if (encoding == ContentEncoding::identity) {
        return identity_;
    }
    std::lock_guard const lock(mutex_);
    auto& form = encoding == ContentEncoding::gzip ? gzip_ : deflate_;
    if (!form) {
        form = std::make_shared<std::string const>(deflate_body(encoding, *identity_));
    }
    return form;
}

}  // namespace engineio::net
