#include "socketio/recovery_file.hpp"

#include "engineio/net/log.hpp"
#include "socketio/msgpack_parser.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace socketio {

namespace {

constexpr std::int64_t format_version = 1;

struct Contents {
    std::int64_t version;
    std::vector<RecoveryState> namespaces;
    SIO_JSON(Contents, version, namespaces)
};

// Throws std::system_error.
void check(bool fine) {
    if (!fine) {
        throw std::system_error(errno, std::generic_category());
    }
}

class Output {
public:
    explicit Output(std::string const& path)
        : descriptor_(
              ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR)) {
        check(descriptor_ >= 0);
    }
    ~Output() { ::close(descriptor_); }
    Output(Output const&) = delete;
    Output& operator=(Output const&) = delete;

    void write(std::string_view bytes) {
        while (!bytes.empty()) {
            auto const count = ::write(descriptor_, bytes.data(), bytes.size());
            check(count >= 0 || errno == EINTR);
            bytes.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
        }
        check(::fsync(descriptor_) == 0);
    }

private:
    int descriptor_;
};

void replace(std::string const& path, std::string_view bytes) {
    auto const fresh = path + ".new";
    std::filesystem::remove(fresh);  // of a process that was killed
    Output(fresh).write(bytes);
    std::filesystem::rename(fresh, path);
}

using std::chrono::milliseconds;

std::int64_t since_1970(RecoveryFile::Date date) {
    return std::chrono::duration_cast<milliseconds>(date.time_since_epoch()).count();
}

// A date in the future, by a clock that was set back, is now.
void date_back(std::vector<RecoveryState>& states, std::int64_t now) {
    for (auto& state : states) {
        for (auto& event : state.events) {
            event.time = std::min(event.time, now);
        }
        for (auto& session : state.sessions) {
            session.time = std::min(session.time, now);
        }
    }
}

// And namespaces to which nobody can come back.
void drop_older(std::vector<RecoveryState>& states, std::int64_t date) {
    auto const is_old = [date](auto const& one) { return one.time < date; };
    for (auto& state : states) {
        auto const kept = std::ranges::find_if_not(state.events, is_old);
        state.first_position += static_cast<std::uint64_t>(kept - state.events.begin());
        state.events.erase(state.events.begin(), kept);
        std::erase_if(state.sessions, is_old);
    }
    std::erase_if(states, [](RecoveryState const& one) { return one.sessions.empty(); });
}

}  // namespace

RecoveryFile::RecoveryFile(std::string path, milliseconds max_age, Date wall)
    : path_(std::move(path)), max_age_(max_age) {
    std::ifstream file(path_, std::ios::binary);
    if (!file) {
        return;
    }
    std::string const bytes{std::istreambuf_iterator<char>(file), {}};
    auto const tree = parse_msgpack(bytes);
    Contents contents{};
    if (tree && read_value(*tree, contents) && contents.version == format_version) {
        date_back(contents.namespaces, since_1970(wall));
        drop_older(contents.namespaces, since_1970(wall) - max_age_.count());
        kept_.with([&](auto& kept) { kept = std::move(contents.namespaces); });
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    } else {
        set_aside();
    }
}

// It may be anything, and is in the way of the state to come.
void RecoveryFile::set_aside() const {
    auto const elsewhere = path_ + ".unreadable";
    std::error_code error;
    std::filesystem::rename(path_, elsewhere, error);
    engineio::net::log_warn("socketio", "{} is no state of ours: clients begin anew; {}", path_,
                            error ? "it will be replaced: " + error.message()
                                  : "it is now " + elsewhere);
}

std::optional<RecoveryState> RecoveryFile::take(std::string_view name) {
    return kept_.with([&](auto& kept) {
        auto const found = std::ranges::find(kept, name, &RecoveryState::name);
        std::optional<RecoveryState> state;
        if (found != kept.end()) {
            state = std::move(*found);
            kept.erase(found);
        }
        return state;
    });
}

bool RecoveryFile::forget(Date wall) {
    return kept_.with([&](auto& kept) {
        drop_older(kept, since_1970(wall) - max_age_.count());
        kept.shrink_to_fit();
        return kept.empty();
    });
}

void RecoveryFile::write(std::vector<RecoveryState> states, Date wall) {
    std::ranges::move(kept_.with([](auto& kept) { return std::exchange(kept, {}); }),
                      std::back_inserter(states));
    drop_older(states, since_1970(wall) - max_age_.count());
    if (states.empty()) {
        return;  // nobody comes back
    }
    std::string bytes;
    MsgpackWriter writer(bytes);
    write_value(writer, Contents{format_version, std::move(states)});
    try {
        replace(path_, bytes);
    } catch (std::system_error const& error) {
        engineio::net::log_error("socketio", "the state of recovery is lost, {}: {}", path_,
                                 error.what());
    }
}

}  // namespace socketio
