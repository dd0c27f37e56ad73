#pragma once

#include "engineio/net/http_options.hpp"
#include "engineio/net/keyed_hash.hpp"
#include "engineio/net/result.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace engineio::net {

// How many connections a listener has, or sessions a server, in all and of each address
// (address_group()). Touched when one begins and when it ends, on any thread, and only with one of
// the two options; holds no address without any.
class Admission : public std::enable_shared_from_this<Admission> {
public:
    // The right to be there: goes with a connection from shard to shard, and back with its
    // destruction.
    class Seat {
    public:
        explicit Seat(std::string group) : group_(std::move(group)) {}
        ~Seat();
        Seat(Seat const&) = delete;
        Seat& operator=(Seat const&) = delete;

    private:
        friend class Admission;
        std::shared_ptr<Admission> admission_;  // null until it is counted
        std::string group_;
    };

    // An option and its value; zero: no limit.
    struct Limit {
        std::string_view name;
        std::size_t most;
    };

    // Null if neither is limited.
    static std::shared_ptr<Admission> make(Limit all, Limit of_address);
    static std::shared_ptr<Admission> make(HttpOptions const& options);
    Admission(Limit all, Limit of_address) : all_(all), of_address_(of_address) {}

    // A seat for a peer of this address, or the name of the option that has none left.
    Result<std::unique_ptr<Seat>, std::string_view> enter(std::string_view address);

    std::size_t taken() const;
    std::size_t addresses() const;

private:
    void leave(std::string const& group);

    Limit const all_;
    Limit const of_address_;
    mutable std::mutex mutex_;  // guards the two below
    std::size_t open_ = 0;
    std::unordered_map<std::string, std::size_t, KeyedHash> groups_;
};

}  // namespace engineio::net
