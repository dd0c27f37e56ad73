#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace engineio::net {

/// Bytes that many hold and nobody changes or copies: a whole string, such as a file, or a part of
/// one. A value; any thread.
class SharedBytes {
public:
    SharedBytes() = default;
    /// All of it; false as a truth value if there is none.
    SharedBytes(std::shared_ptr<std::string const> whole)
        : owner_(std::move(whole)), view_(owner_ ? std::string_view(*owner_) : std::string_view()) {
    }

    /// From byte `first`, which is at most size(), `count` bytes or what there is of them.
    SharedBytes part(std::size_t first, std::size_t count) const {
        auto copy = *this;
        copy.view_ = view_.substr(first, count);
        return copy;
    }

    /// Whether there is a string, be it empty.
    explicit operator bool() const noexcept { return owner_ != nullptr; }
    std::size_t size() const noexcept { return view_.size(); }
    /// As long as any copy lives.
    std::string_view view() const noexcept { return view_; }

private:
    std::shared_ptr<std::string const> owner_;
    std::string_view view_;
};

}  // namespace engineio::net
