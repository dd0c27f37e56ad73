#include "apps/dungeonlab/accounts.hpp"

#include "apps/auth/control_characters.hpp"
#include "apps/auth/digest.hpp"
#include "apps/auth/password.hpp"
#include "engineio/net/text.hpp"

#include <algorithm>
#include <utility>

namespace apps::dungeonlab {

using common::Reply;
using common::RestCall;
using common::RestError;
using socketio::Json;
using socketio::Task;
using socketio::to_json;

namespace {

constexpr std::size_t max_name_bytes = 64;
constexpr std::size_t min_password_bytes = 8;

RestError unauthorized() {
    return {401, "UNAUTHORIZED", "Unauthorized"};
}

bool is_email(std::string const& text) {
    auto const at = text.find('@');
    return at != text.npos && at > 0 && at + 1 < text.size() && text.size() <= 254 &&
           text.find(' ') == text.npos && !auth::has_control_characters(text);
}

std::optional<RestError> objection(RegisterRequest const& request) {
    if (request.username.empty() || request.username.size() > max_name_bytes) {
        return RestError(400, "VALIDATION_ERROR", "Username must have 1 to 64 characters");
    }
    if (auth::has_control_characters(request.username)) {
        return RestError(400, "VALIDATION_ERROR", "Username must have no control characters");
    }
    if (!is_email(request.email)) {
        return RestError(400, "VALIDATION_ERROR", "Invalid email address");
    }
    if (request.password.size() < min_password_bytes ||
        request.password.size() > auth::max_password_bytes ||
        request.password.find('\0') != std::string::npos) {
        return RestError(400, "VALIDATION_ERROR", "Password must have 8 to 511 characters");
    }
    return std::nullopt;
}

}  // namespace

Accounts::Accounts(Means means)
    : means_(std::move(means)), signer_(means_.secrets), logins_("dungeonlab_logins") {}

Task<Reply> Accounts::login(RestCall& call, LoginRequest request) {
    auto const find = [email = request.email.value_or("")](store::Database& database) {
        return users::find_for_login(database, email);
    };
    auto const found = co_await means_.store.ask(find);
    auto const verify = [password = request.password.value_or(""),
                         hash = found ? found->second : std::string()] {
        return auth::verify_password(password, hash);
    };
    bool const right = co_await means_.worker.ask(verify);
    if (!right || !found) {
        co_return RestError(401, "INVALID_CREDENTIALS", "Invalid credentials");
    }
    auto const begin = [this, id = found->first.id](store::Database& database) {
        auto const now = means_.clock();
        return logins_.create(database, id, now,
                              now + std::chrono::milliseconds(login_lifetime).count());
    };
    auto const tell = [this](auth::LoginTable::Login const& login) { tell_ended(login.ended); };
    auto const login = co_await means_.store.ask(begin, tell);
    Reply reply(Json::object({{"success", true}, {"user", to_json(found->first)}}));
    reply.cookie(cookie(call, signer_.sign(login.id), login_lifetime));
    co_return reply;
}

Task<Reply> Accounts::register_(RegisterRequest request) {
    if (auto const why = objection(request)) {
        co_return *why;
    }
    auto const hash = [password = std::move(request.password)] {
        return auth::hash_password(password);
    };
    users::NewUser user{request.username, request.email, {}, request.username};
    user.password_hash = co_await means_.worker.ask(hash);
    auto const add = [user](store::Database& database) { return users::add(database, user); };
    auto const added = co_await means_.store.ask(add);
    if (!added) {
        co_return RestError(400, "CONFLICT", "User already exists");
    }
    co_return Reply::created(Json::object(
        {{"success", true}, {"message", "User registered"}, {"data", to_json(*added)}}));
}

Task<Reply> Accounts::logout(RestCall& call) {
    std::string const cookies(call.request.header("cookie"));
    if (auto const id = login_id(cookies)) {
        auto const end = [this, id = *id](store::Database& database) {
            logins_.remove(database, id);
            return true;
        };
        auto const tell = [this, login = *login_of(cookies)](bool) { tell_ended({login}); };
        co_await means_.store.ask(end, tell);
    }
    Reply reply(Json::object({{"success", true}, {"message", "Logged out"}}));
    reply.cookie(cookie(call, "", std::chrono::seconds(0)));
    co_return reply;
}

void Accounts::tell_ended(std::vector<std::string> const& logins) const {
    if (on_logout_) {
        std::ranges::for_each(logins, on_logout_);
    }
}

Task<Reply> Accounts::me(RestCall& call) {
    auto const user = co_await require(call);
    auto const find = [id = user.id](store::Database& database) {
        return users::find(database, id);
    };
    auto const found = co_await means_.store.ask(find);
    if (!found) {
        co_return unauthorized();
    }
    co_return Json::object({{"success", true}, {"data", to_json(*found)}});
}

Task<Reply> Accounts::change_me(RestCall& call, Json changes) {
    auto const user = co_await require(call);
    for (auto const* key : {"preferences", "profile"}) {
        if (changes[key].is_object() && changes[key].dump().size() > users::max_settings_bytes) {
            co_return RestError(400, "VALIDATION_ERROR", "Preferences and profile are too large");
        }
    }
    auto const change = [id = user.id, changes](store::Database& database) {
        return users::change(database, id, changes);
    };
    auto const changed = co_await means_.store.ask(change);
    if (!changed) {
        co_return unauthorized();
    }
    co_return *changed;
}

std::optional<std::string> Accounts::login_of(std::string_view cookies) const {
    auto const id = login_id(cookies);
    return id ? std::optional(auth::sha256_hex(*id)) : std::nullopt;
}

Task<std::optional<User>> Accounts::of_cookies(std::string cookies) {
    auto const id = login_id(cookies);
    if (!id) {
        co_return std::nullopt;
    }
    auto const find = [this, id = *id](store::Database& database) -> std::optional<User> {
        auto const user = logins_.user(database, id, means_.clock());
        return user ? users::find_user(database, *user) : std::nullopt;
    };
    co_return co_await means_.store.ask(find);
}

Task<User> Accounts::require(RestCall& call) {
    auto const user = co_await of_cookies(std::string(call.request.header("cookie")));
    if (!user) {
        throw unauthorized();
    }
    co_return *user;
}

std::optional<std::string> Accounts::login_id(std::string_view cookies) const {
    auto const value = engineio::net::find_cookie(cookies, auth::ExpressCookie::name);
    return value ? signer_.unsign(*value) : std::nullopt;
}

common::SetCookie Accounts::cookie(RestCall const& call, std::string value,
                                   std::chrono::seconds max_age) {
    common::SetCookie cookie;
    cookie.name = auth::ExpressCookie::name;
    cookie.value = std::move(value);
    cookie.secure = call.request.secure;
    cookie.max_age = max_age;
    return cookie;
}

}  // namespace apps::dungeonlab
